# Everything there is to do here; `make` alone lists it. Needs make and Python 3.11 or newer.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
RUN := .venv/bin/python
SOURCES := api router shared cli tests bench
# Each option stays overridable: make test PYTEST_FLAGS='-k ledger', make up ARGS='--api-port 8001'.
ARGS ?=
PYTEST_FLAGS ?= -n 2
LIVES ?= 10000
export PYTHON

help: ## List every task
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

up: .local ## Install what is needed and start OpenPartner here, until Ctrl-C
	@exec ./openpartner up $(ARGS)

demo: .local ## Play a whole partner program over HTTP, and check its sums
	@exec ./openpartner demo $(ARGS)

doctor: .local ## Examine this installation and say what to fix
	@exec ./openpartner doctor $(ARGS)

migrate: .local ## Bring the database up to date
	@exec ./openpartner migrate $(ARGS)

test: check .programs ## Check everything and run all tests
	$(RUN) -m pytest $(PYTEST_FLAGS)

proof: .programs ## Play random lives of payouts, LIVES of them (10000), for hours
	PAYOUT_MACHINE_RUNS=$(LIVES) $(RUN) -m pytest tests/api/test_payout_machine.py -k nobody -n 0

check: .dev ## Lint, format, types, import contracts
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy $(SOURCES) alembic/env.py
	$(RUN) -c 'from importlinter.cli import lint_imports_command as lint; lint()'

format: .dev ## Format the code and fix what the linter can
	$(RUN) -m ruff check --fix
	$(RUN) -m ruff format

# dev first and the others held to it, so that every set has the same versions.
lock: .dev ## Lock the dependencies anew (newer versions: UPGRADE=--upgrade)
	$(LOCK) $(UPGRADE) requirements/dev.in --output-file requirements/dev.txt
	$(LOCK) requirements/local.in --constraints requirements/dev.txt --output-file requirements/local.txt
	$(LOCK) requirements/api.in --constraints requirements/dev.txt --output-file requirements/api.txt
	$(LOCK) requirements/router.in --constraints requirements/dev.txt --output-file requirements/router.txt

LOCK := $(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header
UPGRADE ?=

clean: ## Remove .venv and caches; the data in .openpartner stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build
	find . -name __pycache__ -type d -not -path './.openpartner/*' -prune -exec rm -rf {} +

.local:
	@requirements/install local

.dev:
	@requirements/install dev

.programs: .dev
	@$(RUN) -m tests.support.debian
	@$(RUN) -m tests.support.javascript

.PHONY: help up demo doctor migrate test proof check format lock clean .local .dev .programs
