# Golden Hour. `make` alone lists what there is to do; every target sets up what it needs.

# The first Python that is new enough; `make PYTHON=...` names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
    $$python -c '$(NEW_ENOUGH)' 2>/dev/null && { echo $$python; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NATIVE := .cache/.native

# For `make demo`: BOOTSTRAP=host:port of a running Kafka; or BROKER=kafka|embedded to insist on one; SIZE=small for a
# quick look; ARGS for any other option. `make topics` takes BOOTSTRAP and ARGS, `make test` ARGS. `make results` takes DATA=DIR, the
# public data sets, and ARGS, say --accounts 1000 --days 3 --seeds 7001 for a smaller run.
DEMO_OPTIONS = $(if $(BOOTSTRAP),--bootstrap $(BOOTSTRAP)) $(if $(BROKER),--broker $(BROKER)) $(if $(SIZE),--size $(SIZE))

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format fuzz bench results kafka topics schemas dashboards secrets sbom lock clean
.SUFFIXES:

help: ## Show this list
	@echo "Golden Hour: make <target>"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) $(NATIVE) ## Make .venv with exactly the locked packages (needs Python 3.11 or newer)

# In two steps, because pip refuses hashes and an editable install together.
$(READY): requirements.lock pyproject.toml
	@python="$(PYTHON)"; "$${python:-python3}" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	    echo "Golden Hour needs Python 3.11 or newer; $${python:-python3} is: $$("$${python:-python3}" --version 2>&1)"; \
	    echo "If you have one, name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; } >&2
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) || { \
	    echo "Could not make $(VENV). On Debian: apt-get install python3-venv"; exit 1; } >&2
	@echo "Installing the packages of requirements.lock into $(VENV) (once, about a minute) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Compiled again whenever a source is newer; without a C compiler it says so and all runs as plain Python.
$(NATIVE): $(READY) hatch_build.py $(shell find models connectors stream -name '*.py')
	@$(BIN)/python hatch_build.py
	@mkdir -p .cache && touch $@

demo: $(READY) $(NATIVE) ## Watch a bank's day and the money stopped in time (BOOTSTRAP=, BROKER=kafka|embedded, SIZE=small)
	@$(BIN)/goldenhour demo $(DEMO_OPTIONS) $(ARGS)

test: $(READY) $(NATIVE) ## Run every test, those on a real Kafka included
	@$(BIN)/pytest -q -n auto --dist loadscope --no-loadscope-reorder $(ARGS)

check: $(READY) ## Lint, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY) ## Format the code and sort its imports
	@$(BIN)/ruff check --fix-only --select I .
	@$(BIN)/ruff format .

fuzz: $(READY) ## Give every connector a million inputs that nobody thought of (ARGS, say --inputs 10000)
	@$(BIN)/python -m tests.connectors.fuzz $(ARGS)

bench: $(READY) $(NATIVE) ## Measure throughput and latency on this machine
	@$(BIN)/python -m stream bench $(ARGS)

results: $(READY) $(NATIVE) ## Measure the detection on simulated banks, and on DATA=DIR, into tests/benchmarks/RESULTS.md
	@$(BIN)/goldenhour results $(if $(DATA),--data $(DATA)) $(ARGS)

kafka: $(READY) ## Start a Kafka to play with, until Ctrl-C
	@$(BIN)/python -m stream.brokers kafka $(ARGS)

topics: $(READY) ## Create the topics of deploy/topics.toml on BOOTSTRAP, and show what differs
	@$(if $(BOOTSTRAP),,echo "Say where: make topics BOOTSTRAP=host:port" >&2; exit 1)
	@$(BIN)/goldenhour topics --bootstrap $(BOOTSTRAP) $(ARGS)

schemas: $(READY) ## Write the JSON Schemas of all records to deploy/schemas
	@$(BIN)/goldenhour schemas $(ARGS)

dashboards: $(READY) ## Write the Grafana dashboards to deploy/grafana
	@$(BIN)/python -m stream.dashboards

secrets: $(READY) ## Make the passwords and keys of docker-compose.yml in ./secrets, those that are missing
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh deploy/make_secrets.sh secrets

sbom: $(READY) ## Print what the product is made of, with licences, as CycloneDX (ARGS=--licences for a list)
	@$(BIN)/goldenhour sbom $(ARGS)

lock: ## Resolve pyproject.toml into requirements.lock (needs uv)
	@uv="$$(command -v uv || echo $(BIN)/uv)"; test -x "$$uv" || { echo "make lock needs uv: $(BIN)/pip install uv" >&2; exit 1; }; \
	"$$uv" pip compile pyproject.toml --quiet --all-extras --generate-hashes --universal --python-version 3.11 \
	    --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o requirements.lock

clean: ## Remove .venv, downloads and caches
	@rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis out dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
