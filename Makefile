# Needs Python 3.11 (with venv) and make, nothing else.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
SCENARIO ?= scenarios/quickstart.yaml
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup run test lint verify defects bench costs lock clean

help: ## show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with the locked dependencies

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which: make PYTHON=...")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-index --no-deps --no-build-isolation --editable .
	touch $@

run: $(STAMP) ## run the quickstart (or SCENARIO=file)
	$(BIN)/python run_scenario.py $(SCENARIO)

test: lint ## lint, types, layers and the fast tests
	$(BIN)/python -m pytest -W error -n 2 --dist loadgroup

lint: $(STAMP) ## ruff, mypy and import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy twin run_scenario.py
	$(BIN)/lint-imports

verify: $(STAMP) ## the slow tests: statistical verification, random worlds, full sizes
	$(BIN)/python -m pytest -W error -m slow

defects: $(STAMP) ## plant every known defect, one after another, and see it caught: a minute or more for each
	$(BIN)/python -m pytest -W error -m planted -n 2

bench: $(STAMP) ## the benchmark: twin against the plain reference
	$(BIN)/python -m benchmarks

costs: $(STAMP) ## seconds that each workflow takes of a full-size week with all of them at work
	$(BIN)/python -m benchmarks.workflows

lock: $(STAMP) ## resolve the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --upgrade --generate-hashes \
		--no-emit-index-url --no-header --extra dev --output-file requirements.lock pyproject.toml

clean: ## remove the environment and every cache, keep the results
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
