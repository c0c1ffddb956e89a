# make demo | make test | make dev | make bench: each sets up what it needs in .venv, from pinned versions.
PYTHON ?= python3
BIN := .venv/bin
export DAGSTER_HOME ?= $(CURDIR)/dagster_home

.PHONY: demo bench test dev lint types clean

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

types: .venv/installed
	$(BIN)/mypy

clean:
	rm -rf .venv .embedded_postgres

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@
