# Everything rests on `make install`: a virtual environment in .venv from exact locks. A second run reuses it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
TORCH  ?= 2.13.0+cpu
WORLD  ?= lively
SEED   ?= 7

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
export PIP_NO_INPUT = 1

.DEFAULT_GOAL := help
.PHONY: help install demo test lint types bench wheel lock clean
.DELETE_ON_ERROR:

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

install: .venv/installed  ## the environment in .venv, from exact locks (TORCH=2.13.0 for CUDA or macOS)

$(BIN)/python:
	@echo "== making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv

# The CPU build of torch is 200 MB, the one with CUDA several GB: so it is asked for by name, first wherever pip is set
# to look, then at PyTorch's own index. The locks' `torch==2.13.0` is satisfied by either build.
.venv/locked: infra/locks/dev.txt | $(BIN)/python
	@echo "== installing torch $(TORCH) (200 MB)"
	@$(PIP) install -qq --no-deps 'torch==$(TORCH)' || \
	    $(PIP) install --no-deps 'torch==$(TORCH)' --index-url https://download.pytorch.org/whl/cpu
	@echo "== installing the locked packages (a minute or two)"
	@$(PIP) install -qq --requirement infra/locks/dev.txt
	@touch $@

.venv/installed: pyproject.toml .venv/locked
	@echo "== installing fancare itself"
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## simulate a small platform, run the whole job, show where the results lie
	$(BIN)/fancare simulate demo --world $(WORLD) --seed $(SEED)
	$(BIN)/fancare run --config demo/fancare.toml
	$(BIN)/fancare report --config demo/fancare.toml

test: install  ## the test suite
	$(BIN)/python -m pytest

lint: install  ## style, and imports that run one way
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: install  ## static types
	$(BIN)/mypy

bench: install  ## what the build costs, beside a bare scan of the same file
	$(BIN)/python -m pytest tests/benchmarks -m benchmark -s

wheel: install  ## dist/fancare-*.whl
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock: install  ## newest versions that pyproject.toml allows, tested, then written to infra/locks
	infra/locks/refresh $(PYTHON) '$(TORCH)'

clean:  ## everything that was made, the environment included
	rm -rf .venv demo dist build .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis *.egg-info
