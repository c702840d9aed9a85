# Two commands need nothing but git, make and Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: demo test lint unit fuzz explore robustness integration chaos chaos-short test-system kibana-check bench bench-peers profile soak bench-trends generate corpus lock dist compose docs clean

demo: $(READY)  ## Real Kafka and Elasticsearch, sample logs through the whole pipeline, episodes as a table.
	$(BIN)/oom-ingest demo

test: lint unit fuzz robustness integration chaos-short  ## Everything, real servers included.

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(READY)
	$(BIN)/pytest -m "not stack and not system"

SECONDS ?= 30
fuzz: $(READY)  ## Any bytes through the whole parser; ten minutes by hand with SECONDS=600.
	mkdir -p build/fuzz
	$(BIN)/python -m tests.fuzz.lines -max_total_time=$(SECONDS) -timeout=5 -rss_limit_mb=1024 -max_len=8192 \
	  -artifact_prefix=build/fuzz/ -verbosity=0 build/fuzz $(wildcard tests/corpus/*/)

TIMES ?= 10
explore: $(READY)  ## Every property on examples that no run has tried, ten times; more with TIMES=100.
	for time in $$(seq $(TIMES)); do $(BIN)/pytest -q --hypothesis-profile=explore -m "hypothesis and not stack" || exit 1; done

robustness: $(READY)  ## Kills found in every kind of disorder; holds docs/robustness.md, WRITE=1 writes it.
	$(BIN)/python -m tests.robustness $(if $(WRITE),--write)

integration: $(READY)
	$(BIN)/pytest -m stack

chaos: $(READY)  ## Workers, Kafka and Elasticsearch disturbed in every way; 15 minutes. WRITE=1 writes docs/operations.md.
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(WRITE),--write)

chaos-short: $(READY)  ## The same, each a few times.
	$(BIN)/python -m tests.chaos --short $(if $(SEED),--seed $(SEED))

test-system: $(READY)  ## What needs Debian's programs, which it installs where they are missing (as root).
	tests/system/install
	$(BIN)/pytest -m system

KIBANA_VERSIONS ?= 8.19.0 9.5.3
kibana-check: $(READY)  ## A real Kibana of each version, with Docker: import, export, every board in a browser, every rule.
	$(BIN)/pip install --quiet 'playwright>=1.50,<2'
	$(BIN)/playwright install chromium
	for version in $(KIBANA_VERSIONS); do $(BIN)/python -m tests.kibana.real $$version || exit 1; done

bench: $(READY)  ## The hot path against peers on the same data; writes bench/RESULTS.md. Peers join in where they are installed.
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m bench.speed $(if $(LINES),--lines $(LINES)) $(if $(ROUNDS),--rounds $(ROUNDS))

bench-peers:  ## The peers that Debian has, installed as root where they are missing. cAdvisor's parser needs Go as well.
	bench/speed/install

profile: $(READY)  ## Flame graphs of the hot path, from Kafka and from a file of reports, in build/.
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m bench.speed.profile

soak: $(READY)  ## Fifty million lines through the pipeline, and its memory on the way.
	$(BIN)/python -m bench.speed.soak $(if $(LINES),--lines $(LINES))

bench-trends: $(READY)  ## A made fleet of a million kills (loaded once, about ten minutes), and reports over it.
	$(BIN)/python -m bench.trends

generate: $(READY)  ## Index templates, dashboards/ and the generated pages of docs/.
	$(BIN)/python -m ingest.mapping
	$(BIN)/python -m ingest.cli.reference
	$(BIN)/python -m tests.licences
	$(BIN)/python -m ingest.kibana

corpus: $(READY)  ## Made cases and the expected documents of every case anew; read the difference before you commit it.
	$(BIN)/python -m tests.generator.cases
	OOM_INGEST_UPDATE_CORPUS=1 $(BIN)/pytest -q tests/golden

lock: $(READY)  ## requirements.lock: the versions of constraints.txt with the hashes of their files, with the extra `fast`.
	$(BIN)/pip install --quiet uv
	mkdir -p build
	(sed -n '/^#/p' requirements.lock; $(BIN)/uv pip compile --quiet pyproject.toml --extra fast --constraint constraints.txt \
	  --universal --python-version 3.11 --generate-hashes --no-annotate --no-header) > build/requirements.lock
	mv build/requirements.lock requirements.lock

compose: .env  ## Everything with Docker: Kafka, Elasticsearch, Kibana, two workers, the samples.
	docker compose up --build --detach
	@echo "Kibana: http://localhost:5601, user elastic, password ELASTIC_PASSWORD of .env; it takes a minute or two."

.env:
	umask 077 && $(PYTHON) -c 'import secrets; [print(f"{name}={secrets.token_urlsafe(32)}") for name in \
	  ("ELASTIC_PASSWORD", "KIBANA_PASSWORD", "KIBANA_KEY")]' > .env

docs: $(READY)  ## The documentation as a site in build/site, strict: a link or a page that leads nowhere is a failure.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

DIST ?= dist
CLEAN ?= build/clean
dist: $(READY)  ## A release: sdist, the wheel built from it, and the bill of materials of an environment that has just that.
	rm -rf $(DIST) $(CLEAN)
	$(BIN)/python -m build --no-isolation --outdir $(DIST)
	$(PYTHON) -m venv --without-pip $(CLEAN)
	$(BIN)/pip --python $(CLEAN) install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip --python $(CLEAN) install --quiet --no-deps $(DIST)/*.whl
	$(BIN)/cyclonedx-py environment --output-reproducible --output-file $(DIST)/oom-ingest.cdx.json $(CLEAN)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "oom-ingest needs Python 3.11 or newer; set PYTHON")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[charts,stack,dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
