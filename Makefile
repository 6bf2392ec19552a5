# Two commands matter: `make run` starts Dealflow, `make test` runs everything that CI runs.
# Each step leaves a stamp named by the hash of what it was made from, so a second run skips it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
MAKEFLAGS += --no-print-directory --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.dealflow
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# The first of these that is Python 3.11 or later makes the virtual environment.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
# One more than there are cores: many tests wait for a process, a lease or a page, and the others go on meanwhile.
JOBS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)

hash = $(shell cat $(1) | sha256sum | cut -c1-16)
BASE := $(STAMPS)/base-$(call hash,requirements/base.txt requirements/build.txt)
DEV := $(STAMPS)/dev-$(call hash,requirements/base.txt requirements/build.txt requirements/dev.txt)
SELF := $(STAMPS)/self-$(call hash,pyproject.toml requirements/base.in web/frontend/bundle.py)

.PHONY: help run test bench chaos screenshots check venv deps dev bundle browser lock clean

help:  ## Say what can be done here
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: bundle  ## Start Dealflow on http://127.0.0.1:8000 with people and a small book to try
	@exec $(BIN)/dealflow run

test: dev bundle browser  ## Run everything that CI runs: checks, then the whole suite
	@exec .ci/suite "$(BIN)" "$(JOBS)"

chaos: dev  ## Kill everything for ten minutes (SECONDS=, SEED=), then look whether all is there
	@$(BIN)/python -m tests.chaos.run --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED)) $(if $(DATABASE),--database $(DATABASE))

screenshots: dev bundle  ## Take pictures of every page into screenshots/
	@$(BIN)/python -m tests.browser.screenshots screenshots

bench: dev  ## Measure beside other engines, in under ten minutes (SECONDS= a turn, COUNT= rows, ARGS=--record)
	@exec $(BIN)/python -m bench $(if $(SECONDS),--seconds $(SECONDS)) $(if $(COUNT),--count $(COUNT)) $(ARGS)

check: dev  ## Lint, types and import contracts, without the suite
	@$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

venv: $(BIN)/python  ## Make the virtual environment in .venv

deps: $(BASE) $(SELF)  ## Install what running needs, from the lock, by hash

dev: $(DEV) $(SELF)  ## Install what the tests need as well

bundle: deps  ## Build the front end, with the Node that a wheel brings
	@.ci/step "构建页面" "Building the pages" $(BIN)/python web/frontend/bundle.py

browser:
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null \
	    || .ci/debian "a browser for the browser tests" chromium-headless-shell || true
	fc-list :lang=zh 2>/dev/null | grep -q . || .ci/debian "Chinese fonts for the browser tests" fontconfig fonts-noto-cjk || true

lock:  ## Resolve requirements/*.in and package.json again and write the locks
	@$(MAKE) dev
	for name in base build dev; do
	    CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe \
	        --strip-extras --no-emit-index-url --no-emit-find-links \
	        --output-file requirements/$$name.txt requirements/$$name.in
	done
	$(BIN)/python web/frontend/bundle.py lock

clean:  ## Remove what was built and installed here, and leave the data
	@rm -rf $(VENV) web/static/vendor web/frontend/node_modules dist build .pytest_cache .mypy_cache \
	    .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian ships Python without ensurepip: ask before venv leaves half an environment behind.
$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then
	    .ci/debian "Python 3.11 or later" python3 python3-venv
	elif ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then
	    .ci/debian "Python's venv module" \
	        "$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
	fi
	python=$(PYTHON)
	.ci/step "建立虚拟环境 $(VENV)" "Making the virtual environment $(VENV)" "$${python:-python3}" -m venv $(VENV)

$(BASE): | $(BIN)/python
	@.ci/step "下载并安装运行所需的包（按散列核对）" "Downloading and installing what running needs (checked by hash)" \
	    $(PIP) install --quiet --require-hashes -r requirements/base.txt -r requirements/build.txt
	mkdir -p $(STAMPS); rm -f $(STAMPS)/base-*; touch $@

$(DEV): $(BASE)
	@.ci/step "下载并安装测试所需的包（按散列核对）" "Downloading and installing what the tests need (checked by hash)" \
	    $(PIP) install --quiet --require-hashes -r requirements/dev.txt
	mkdir -p $(STAMPS); rm -f $(STAMPS)/dev-*; touch $@

# pip refuses an editable install under --require-hashes; the locked dependencies are there already.
$(SELF): $(BASE)
	@.ci/step "安装 Dealflow 命令" "Installing the dealflow command" \
	    $(PIP) install --quiet --no-deps --no-build-isolation -e .
	mkdir -p $(STAMPS); rm -f $(STAMPS)/self-*; touch $@
