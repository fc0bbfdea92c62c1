# `make repro` runs the pipeline, `make test` the tests; both install what they need the first time.
# `make repro CPU=1` installs PyTorch without CUDA on Linux, which a machine without a GPU never uses.
# Most others are commands of `reprise`, which work where there is no make, too: `reprise --help`.

# What developers need besides, each an extra of pyproject.toml.
DEVELOPERS = cluster,coreml,dev,docs,hub,litert,mlflow,openvino,plots,s3,search,ssh,timm,wandb
include $(dir $(lastword $(MAKEFILE_LIST)))install.mk
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro versions verify verify-cache test fuzz lint format docs site bench figures board recipe find-lr experiments compare repeat folds search search-apply search-board plots publish lock check

# What is installed is what the results are made with: with another torch, train runs again.
repro: versions asked
	dvc repro

versions: .venv/installed
	@python -m tools.pin_versions

# Compute the last commit again in an empty clone; FROM=raw spares the download.
verify: .venv/installed asked
	@python -m reprise verify $(FROM)

# Are all objects of DVC's cache still what was cached? ARGS=--remove deletes those that are not.
verify-cache: .venv/installed
	@python -m reprise verify-cache $(ARGS)

test: .venv/developed
	python -m pytest -n auto --maxprocesses 4 --dist worksteal

# Bad input of every kind, 20 times as much as the tests try: `make fuzz TIMES=100`.
TIMES ?= 20
FUZZERS = tests/unit/sources/test_fuzz.py tests/unit/predicting/test_damaged_files.py \
	tests/unit/test_fuzz_artifacts.py tests/unit/test_fuzz_params.py \
	tests/unit/training/test_fuzz_train.py tests/unit/training/test_checkpoint.py
fuzz: .venv/developed
	FUZZ=$(TIMES) python -m pytest $(FUZZERS)

lint: .venv/developed
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-logo
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yaml
	check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yaml
	check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yaml
	check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff
	check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
	hadolint deploy/Dockerfile

format: .venv/developed
	ruff check --fix .
	ruff format .

docs: .venv/developed
	python -m docs.parameters
	python -m docs.api

# README.md and docs/ as a site with search, in build/site.
site: .venv/with-docs
	@python -m docs.website

# Measure this project beside the usual way, half an hour on 2 cores: docs/measured.md. DATA is a folder of
# MNIST, CIFAR-10, ants and bees, as `python -m benchmarks --help` says; without, the digits alone.
bench: .venv/developed
	@python -m benchmarks $(if $(DATA),--data "$(DATA)") $(ARGS)

# Figures of README.md and docs/ come from docs/measured.json, which `make bench` writes.
figures: .venv/installed
	@python -m docs.figures

board: .venv/installed
	@python -m reprise board $(ARGS)

# `make recipe R=mnist_cnn` merges a recipe into params.yaml, and says what it changed.
recipe: .venv/installed
	@python -m reprise recipe $(R)

# `make find-lr ARGS='--low 1e-5 --high 1'`
find-lr: .venv/with-plots
	python -m reprise find-lr $(ARGS)

# Of each experiment three scores and the parameters that differ, as wide as the terminal;
# ARGS=--all-commits those of other commits, too. `dvc exp show` has all columns.
experiments: .venv/installed
	@python -m reprise experiments $(ARGS)

# `make compare A=main B=workspace`: is one better? ARGS='--out changed.csv' lists the images.
compare: .venv/installed
	@python -m reprise compare "$(A)" "$(B)" $(ARGS)

# `make repeat N=5`: how far do other seeds move the scores? ARGS=--splits splits the images anew, too;
# for both of these, ARGS='-S train.lr=0.01' sets a parameter, ARGS='--jobs 2' runs two at once.
repeat: .venv/installed
	@python -m reprise repeat $(N) $(ARGS)

# `make folds K=5`: cross-validation; metrics/folds/predictions.parquet has every image once.
folds: .venv/installed
	@python -m reprise folds $(K) $(ARGS)

# `make search` tries what search.yaml names, and goes on where it was; ARGS='--jobs 2' tries two at
# once, ARGS='--storage postgresql://user@host/database --push origin' shares it with other machines.
search: .venv/with-search
	@python -m reprise search $(ARGS)

# `make search-apply` sets the best trial in params.yaml.
search-apply: .venv/with-search
	@python -m reprise search-apply $(ARGS)

# `make search-board` opens Optuna's dashboard.
search-board: .venv/with-search
	@python -m reprise search-board $(ARGS)

# `make plots`, or `make plots A=main B=workspace`: as `dvc plots`, but the page needs no network, and
# no name in it acts as code.
plots: .venv/with-plots
	@python -m reprise plots $(A) $(B)

# `make publish TO=owner/name`: model, card and report of the last commit go to the Hugging Face hub;
# ARGS=--dry-run only writes what would, ARGS=--private keeps it from others.
publish: .venv/with-hub
	@python -m reprise publish "$(TO)" $(ARGS)

# No stage may differ from what dvc.lock says it ran as; the data may be absent.
lock: .venv/installed
	@found=$$(dvc status) || { echo 'dvc status failed: dvc.lock could not be checked'; exit 1; }; \
	! printf '%s\n' "$$found" | grep 'modified:' \
	|| { echo 'dvc.lock is older than this code: run `make repro`, commit dvc.lock and metrics/'; exit 1; }

# What CI runs.
check: lint test lock

# What a developer needs: all of it.
.venv/developed: .venv/installed
	@echo 'Installing what the tests need, once: 1.5 GB.'
	$(PIP) -e '.[pipeline,serve,$(DEVELOPERS)]'
	touch $@
