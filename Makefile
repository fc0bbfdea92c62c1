# `make repro` runs the pipeline, `make test` the tests; both install what they need the first time.

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro test lint format docs check

repro: .venv/installed
	dvc repro
	dvc metrics show

test: .venv/installed
	python -m pytest

lint: .venv/installed
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-logo

format: .venv/installed
	ruff check --fix .
	ruff format .

docs: .venv/installed
	python -m docs.parameters

# What CI runs.
check: lint test

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --progress-bar off -c constraints.txt -e '.[dev]'
	touch $@
