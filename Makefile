# make demo, make test, make dev and make bench first install the pinned dependencies into .venv if necessary.
PYTHON ?= python3
BIN := .venv/bin
EXTRAS ?= dev
INSTALL := --constraint constraints.txt --editable '.[$(EXTRAS)]'
export DAGSTER_HOME ?= $(CURDIR)/dagster_home

.PHONY: demo bench test dev lint types licences definitions audit constraints clean

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

# Fails on a dependency whose licence pyproject.toml does not allow.
licences: .venv/installed
	$(BIN)/pip-licenses

# Loads the code location as Dagster's two command lines do; -W hides the notice that the second supersedes the first.
definitions: .venv/installed
	$(BIN)/python -W 'ignore:Function `:FutureWarning' -m dagster definitions validate
	$(BIN)/dg check defs

# Lists known vulnerabilities; fails if their database cannot be reached.
audit: .venv/installed
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

# Pins what pyproject.toml requires and keeps existing versions; UPGRADE=--upgrade takes the newest ones.
constraints: .venv/installed
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-annotate \
		--custom-compile-command 'make constraints' $(UPGRADE) --output-file constraints.txt --quiet

clean:
	rm -rf .venv .embedded_postgres

# uv installs four times as fast as pip, but does not read pip's configuration, where a mirror may be named: pip is the
# fallback.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode $(INSTALL) || $(BIN)/python -m pip install --quiet $(INSTALL)
	touch $@
