# make demo | make test | make dev | make bench | …: each sets up what it needs in .venv, from pinned versions.
PYTHON ?= python3
BIN := .venv/bin
export DAGSTER_HOME ?= $(CURDIR)/dagster_home

.PHONY: demo bench test dev lint types licences audit constraints clean

demo: .venv/installed
	$(BIN)/conflict-pipeline demo

bench: .venv/installed
	$(BIN)/conflict-pipeline bench

test: .venv/installed
	$(BIN)/pytest

dev: .venv/installed
	$(BIN)/conflict-pipeline dev

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/cfn-lint deploy/aws/template.yaml

types: .venv/installed
	$(BIN)/mypy

# Every dependency's licence; fails where pyproject.toml does not name it as one that may be used.
licences: .venv/installed
	$(BIN)/pip-licenses

# Known vulnerabilities; fails where the database of them cannot be reached.
audit: .venv/installed
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

# What pyproject.toml asks for, with the versions that are there already; UPGRADE=--upgrade takes the newest.
constraints: .venv/installed
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-annotate \
		--custom-compile-command 'make constraints' $(UPGRADE) --output-file constraints.txt --quiet

clean:
	rm -rf .venv .embedded_postgres

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@
