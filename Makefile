# Two commands need nothing but git, make and Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: demo test lint unit integration generate corpus clean

demo: $(READY)  ## Real Kafka and Elasticsearch, sample logs through the whole pipeline, episodes as a table.
	$(BIN)/oom-ingest demo

test: lint unit integration  ## Everything, real servers included.

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(READY)
	$(BIN)/pytest -m "not stack"

integration: $(READY)
	$(BIN)/pytest -m stack

generate: $(READY)  ## Index templates and docs/fields.md from ingest/fields.py.
	$(BIN)/python -m ingest.mapping

corpus: $(READY)  ## Expected documents of every corpus case anew; read the difference before you commit it.
	OOM_INGEST_UPDATE_CORPUS=1 $(BIN)/pytest -q tests/golden

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "oom-ingest needs Python 3.11 or newer; set PYTHON")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[stack,dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
