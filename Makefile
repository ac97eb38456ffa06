# make run and make test need Python 3.11+ and nothing else; everything goes into .venv.

PYTHON ?= $(firstword $(foreach v,python3 python3.13 python3.12 python3.11,$(if $(shell $(v) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(v))))
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 5000
HOST ?= 127.0.0.1
FLASK := $(BIN)/flask --app example_app

.DEFAULT_GOAL := help
.PHONY: help run test test-all check lint type format layers bench docs clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# One stamp per set of extras, so that a second run installs nothing.
$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3"; exit 1; }
	@echo "== making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed-example: $(VENV)/.created pyproject.toml
	@echo "== installing the package and what the example app needs"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[example]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.created pyproject.toml
	@echo "== installing the package and the development tools"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.installed-example

run: $(VENV)/.installed-example ## migrate, seed and serve the example app (PORT=5000 HOST=127.0.0.1)
	@echo "== migrating the database"
	@$(FLASK) db upgrade
	@echo "== seeding"
	@$(FLASK) seed
	@echo "== serving on http://$(HOST):$(PORT) (Ctrl-C stops)"
	@$(FLASK) run --host $(HOST) --port $(PORT)

test: $(VENV)/.installed-dev ## the whole suite
	@echo "== running the suite"
	@$(BIN)/python -m pytest -q

test-all: ## the whole suite on every CPython 3.11-3.13 of this machine
	@for v in 3.11 3.12 3.13; do \
	  if python$$v -c '' 2>/dev/null; then \
	    echo "== Python $$v"; \
	    $(MAKE) --no-print-directory test VENV=.venv-$$v PYTHON=python$$v || exit 1; \
	  else echo "== Python $$v is not on this machine"; fi; \
	done

check: lint type layers ## formatting, lint, types, layers, sizes, exports

lint: $(VENV)/.installed-dev ## formatting and ruff
	@echo "== ruff"
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted; run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .

type: $(VENV)/.installed-dev ## mypy --strict; what users see of our types by pyright, too
	@echo "== mypy"
	@$(BIN)/mypy
	@$(BIN)/mypy tests/typing
	@echo "== pyright"
	@$(BIN)/pyright --pythonpath $(BIN)/python

layers: $(VENV)/.installed-dev ## import contracts, file sizes, exports, the architecture map
	@echo "== layers, sizes, exports"
	@$(BIN)/lint-imports --no-cache | tail -n 12
	@$(BIN)/python -m pytest -q tests/architecture

format: $(VENV)/.installed-dev ## let ruff rewrite what it can
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format .

$(VENV)/.installed-bench: $(VENV)/.installed-dev pyproject.toml
	@echo "== installing the libraries to compare with"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

bench: $(VENV)/.installed-bench ## ratios to the bare driver, written to docs/ (CASES="get web" ARGS="--rounds 9" to choose)
	@$(BIN)/python -m tests.benchmarks $(CASES) $(ARGS)

docs: $(VENV)/.installed-dev ## build the documentation, warnings are errors
	@$(BIN)/python -m sphinx -W -q -b html docs docs/_build/html
	@echo "== docs/_build/html/index.html"

clean: ## remove what was built; keeps .venv and the example app's database
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache docs/_build
	@find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
