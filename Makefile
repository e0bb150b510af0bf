# Everything rests on `make install`: a virtual environment in .venv from exact locks. A second run reuses it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
TORCH  ?= 2.13.0+cpu
WORLD  ?= lively
SEED   ?= 7
FANCARE_CONFIG ?= demo/fancare.toml

BIN := .venv/bin
PIP := -m pip --disable-pip-version-check
export PIP_NO_INPUT = 1

.DEFAULT_GOAL := help
.PHONY: help install demo notebooks test lint types docs bench wheel lock clean
.DELETE_ON_ERROR:
.SECONDARY:

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

install: .venv/installed  ## the environment in .venv, from exact locks (TORCH=2.13.0 for CUDA or macOS)

%/bin/python:
	@echo "== making $* with $(PYTHON)"
	@$(PYTHON) -m venv $*

# The CPU build of torch is 200 MB, the one with CUDA several GB: so it is asked for by name, first wherever pip is set
# to look, then at PyTorch's own index. The locks' `torch==2.13.0` is satisfied by either build.
define install_locked
	@echo "== installing torch $(TORCH) (200 MB)"
	@$(@D)/bin/python $(PIP) install -qq --no-deps 'torch==$(TORCH)' || \
	    $(@D)/bin/python $(PIP) install --no-deps 'torch==$(TORCH)' --index-url https://download.pytorch.org/whl/cpu
	@echo "== installing $< (a minute or two)"
	@$(@D)/bin/python $(PIP) install -qq --requirement $<
	@touch $@
endef

.venv/locked: infra/locks/dev.txt | .venv/bin/python
	$(install_locked)

build/runtime-only/venv/locked: infra/locks/runtime.txt | build/runtime-only/venv/bin/python
	$(install_locked)

.venv/installed: pyproject.toml .venv/locked
	@echo "== installing fancare itself"
	@$(BIN)/python $(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## simulate a small platform, run the whole job, show where the results lie
	$(BIN)/fancare simulate demo --world $(WORLD) --seed $(SEED)
	$(BIN)/fancare run --config demo/fancare.toml

notebooks: install  ## execute notebooks/ on FANCARE_CONFIG (default: the demo), into build/notebooks
	@mkdir -p build/notebooks
	FANCARE_CONFIG='$(abspath $(FANCARE_CONFIG))' $(BIN)/jupyter-execute --kernel_name=python3 --timeout=600 \
	    --output='../build/notebooks/{notebook_name}' notebooks/*.ipynb

test: install  ## the test suite
	$(BIN)/python -m pytest

lint: install  ## style, and imports that run one way
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: install  ## static types
	$(BIN)/mypy

docs: install  ## rewrite what is generated in README and CONTRIBUTING
	@$(BIN)/python tests/unit/test_docs.py

.venv/bench: infra/locks/bench.txt .venv/installed
	@echo "== installing what benchmarks compare with"
	@$(BIN)/python $(PIP) install -qq --no-deps --requirement $<
	@touch $@

bench: .venv/bench  ## speed, memory and quality beside stock pytorch-tabnet, LightGBM, CatBoost and a bare scan
	$(BIN)/python -m pytest tests/benchmarks -m benchmark -s

wheel: install  ## dist/fancare-*.whl
	@$(BIN)/python $(PIP) wheel -qq --no-deps --no-build-isolation --wheel-dir dist .

lock: install  ## newest versions that pyproject.toml allows, tested, then written to infra/locks
	infra/locks/refresh $(PYTHON) '$(TORCH)'

clean:  ## everything that was made, the environment included
	rm -rf .venv demo dist build .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
