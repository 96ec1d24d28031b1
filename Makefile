# One door to everything; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test test-webkit check fix bench rehearsal chaos migrations openapi locks

DEV := .venv-dev/bin
NODE_PATH_FIRST := PATH="$(CURDIR)/$(DEV):$$PATH"
# Commands that only look at the code need a database address, but no database.
OFFLINE := DATABASE_URL=sqlite:///:memory:
UV_COMPILE := .venv-bootstrap/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what `make run` and the tools need
	@deploy/setup.sh product
	@deploy/setup.sh dev
	@deploy/setup.sh client

setup-test: setup ## Install what `make test` needs: also Label Studio, Chromium and flac
	@deploy/setup.sh label-studio
	@deploy/setup.sh chromium
	@deploy/setup.sh flac
	@if [ "$$CI" = true ]; then deploy/setup.sh webkit; fi

run: ## Start the platform; PUBLIC=1 opens it to phones in this network over TLS, WEB_PORT=N picks its port
	@deploy/setup.sh product
	@exec .venv/bin/python -m deploy.run --with-parent

test: setup-test ## Run every test: on PostgreSQL, the API and the flow on SQLite too, then the phone client's
	$(DEV)/python -m pytest $(ARGS)
	$(DEV)/python -m pytest --db=sqlite tests/api tests/flow
	cd mobile_client && $(NODE_PATH_FIRST) node --test

test-webkit: setup ## Record and send in Safari's engine; `make test` does it too where it is installed
	@deploy/setup.sh webkit
	$(DEV)/python -m pytest tests/webkit $(ARGS)

check: setup ## Check style, types, import directions, migrations, the API document and the phone client
	$(DEV)/ruff check .
	$(DEV)/ruff format --check .
	$(DEV)/mypy
	$(DEV)/lint-imports
	$(OFFLINE) $(DEV)/python manage.py makemigrations --check --dry-run
	$(OFFLINE) $(DEV)/python manage.py spectacular --validate --fail-on-warn | diff -u docs/openapi.yaml - \
		|| { echo "docs/openapi.yaml differs from the code: run make openapi"; exit 1; }
	cd mobile_client && $(NODE_PATH_FIRST) npm run --silent check

fix: setup ## Mend what the tools can mend by themselves
	$(DEV)/ruff check --fix .
	$(DEV)/ruff format .
	cd mobile_client && $(NODE_PATH_FIRST) npm run --silent fix

bench: setup ## Run the benchmarks, each with its claims last; ONLY=name runs one
	@status=0; for file in benchmarks/$(or $(ONLY),[a-z]*).py; do \
		name=$$(basename $$file .py); echo "== $$name" >&2; \
		$(DEV)/python -m benchmarks.$$name || status=1; \
	done; exit $$status

rehearsal: setup ## Play a field day on the running platform: SPEECH=DIR CLIPS=200 SPEAKERS=20 PHONES=4 DROP=0.05 SEED=1
	@$(DEV)/python manage.py rehearsal $(if $(SPEECH),--speech $(SPEECH)) --clips $(or $(CLIPS),200) \
		$(if $(SPEAKERS),--speakers $(SPEAKERS)) $(if $(PHONES),--phones $(PHONES)) \
		$(if $(DROP),--drop $(DROP)) $(if $(SEED),--seed $(SEED)) $(ARGS)

chaos: setup-test ## Kill parts of a platform, and a phone, in the middle of their work, with full counts
	CHAOS=full $(DEV)/python -m pytest tests/chaos tests/annotation/test_kill_at_any_line.py \
		tests/browser/test_kills.py tests/browser/test_capture.py $(ARGS)

migrations: setup ## Write migrations for changed models
	$(OFFLINE) $(DEV)/python manage.py makemigrations

openapi: setup ## Write docs/openapi.yaml from the code
	$(OFFLINE) $(DEV)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

locks: setup ## Compile the locks again; ARGS=--upgrade takes newer versions
	$(UV_COMPILE) $(ARGS) requirements-bootstrap.in -o requirements-bootstrap.lock
	$(UV_COMPILE) $(ARGS) requirements.in -o requirements.lock
	$(UV_COMPILE) $(ARGS) --no-deps requirements-models.in -o requirements-models.lock
	$(UV_COMPILE) $(ARGS) requirements-dev.in -c requirements.lock -o requirements-dev.lock
	$(UV_COMPILE) $(ARGS) requirements-label-studio.in -o requirements-label-studio.lock
	$(UV_COMPILE) $(ARGS) requirements-peers.in -c requirements.lock -o requirements-peers.lock
