# Admin Center. `make` alone lists what there is to type.
# Variables: PYTHON (3.11 or later), HOST, PORT, DATA; STRICT=1 makes `make test` refuse to leave anything out.
PYTHON ?= python3
HOST   ?= 127.0.0.1
PORT   ?= 8080
DATA   ?= ./data
STRICT ?=
VENV   := .venv
PIP    := $(VENV)/bin/pip --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help serve test test-deps check docs bench lock clean

help: ## list the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/serve.stamp ## set everything up and serve on http://HOST:PORT with the database under DATA
	@exec $(VENV)/bin/admincenter serve --host "$(HOST)" --port "$(PORT)" --data "$(DATA)"

test: $(VENV)/test.stamp ## set everything up and run checks and tests (STRICT=1: leave nothing out)
	@STRICT="$(STRICT)" PYTHON="$(VENV)/bin/python" sh scripts/test

check: $(VENV)/test.stamp ## only the quick gates: lint, types, house rules
	@PYTHON="$(VENV)/bin/python" sh scripts/check

test-deps: ## as root: install by name what the whole suite needs beyond Python
	@sh scripts/test-deps

docs: $(VENV)/test.stamp ## write the generated pages of docs/reference again
	@$(VENV)/bin/python scripts/reference.py --write

bench: $(VENV)/test.stamp ## measure, beside the bare floor of the same run (needs wrk: make test-deps)
	@$(VENV)/bin/python -m bench $(ARGS)

lock: $(VENV)/test.stamp ## resolve requirements/*.in again (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --custom-compile-command "make lock" requirements/serve.in -o requirements/serve.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --custom-compile-command "make lock" requirements/test.in -o requirements/test.txt

clean: ## remove what the commands above made (never DATA)
	rm -rf $(VENV) build bench/results .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) scripts/python_is_ready.py
	@echo "Setting up $(VENV) (once, about half a minute) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/serve.stamp: requirements/serve.txt pyproject.toml | $(VENV)/bin/python
	@$(PIP) install --require-hashes -r requirements/serve.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/serve.stamp
	@$(PIP) install --require-hashes -r requirements/test.txt
	@touch $@
