# `make repro` runs the pipeline, `make test` the tests; both install what they need the first time.

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro test lint format docs lock check

repro: .venv/installed
	dvc repro
	dvc metrics show metrics/evaluate.json metrics/export.json

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

# The data may be absent here, but no stage may differ from what dvc.lock says it ran as.
lock: .venv/installed
	@! dvc status | grep 'modified:' \
	|| { echo 'dvc.lock is older than this code: run `make repro`, commit dvc.lock and metrics/'; exit 1; }

# What CI runs.
check: lint test lock

.venv/installed: pyproject.toml constraints.txt
	@echo 'Installing into .venv: 5 GB, some minutes; once.'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --progress-bar off -c constraints.txt -e '.[dev]'
	touch $@
