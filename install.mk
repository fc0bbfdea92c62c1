# How PyTorch and all else is installed into .venv: here, and in repositories that `reprise new` makes.

.DEFAULT_GOAL := repro
.PHONY: install asked
PYTHON ?= python3
# pip shows its bars on a terminal, and says nothing in a log.
PIP = .venv/bin/python -m pip install $(if $(MAKE_TERMOUT),,--quiet --progress-bar off) -c constraints.txt
# On Linux pip takes the PyTorch with CUDA; uv knows the one for CPUs. Once so, always so.
CPU := $(or $(CPU),$(wildcard .venv/cpu))
# Extras that params.yaml and the remotes ask for: timm for `network: timm`, s3 for `s3://...`.
ASKED := $(shell $(PYTHON) -m reprise.founding.asked_extras 2>/dev/null)

# `make install EXTRAS=heif,gs` adds what pyproject.toml calls extras, beside those that are asked for.
install: .venv/installed asked
ifneq ($(EXTRAS),)
	$(PIP) -e '.[pipeline,serve,$(EXTRAS)]'
endif

asked: $(ASKED:%=.venv/with-%)

# What a user needs.
.venv/installed: pyproject.toml constraints.txt
ifeq ($(CPU),)
	@echo 'Installing into .venv, once: 2.8 GB to download, 6.3 GB on disk, minutes. Without a GPU, CPU=1 takes 1.5 GB.'
	$(PYTHON) -m venv .venv
	$(PIP) -e '.[pipeline,serve]'
else
	@echo 'Installing into .venv, once: 1.5 GB, PyTorch for CPUs.'
	$(PYTHON) -m venv .venv
	$(PIP) uv
	.venv/bin/uv pip install --quiet --python .venv --torch-backend cpu -c constraints.txt -e '.[pipeline,serve]' \
	|| { echo 'CPU=1 takes PyTorch from its own index: if that is not reached from here, leave CPU=1 out.'; exit 1; }
	.venv/bin/python -m pip uninstall --quiet --yes uv
	touch .venv/cpu
endif
	touch $@

# What one command needs besides, such as search; a developer has it already.
.venv/with-%: .venv/installed
	@[ .venv/developed -nt pyproject.toml ] || { echo 'Installing what $* needs, once.'; \
	$(PIP) -e '.[pipeline,serve,$*]'; }
	touch $@
