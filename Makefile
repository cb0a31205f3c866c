# `make up` runs FieldOps360 on this machine, `make test` proves it; both install what is missing.
.DEFAULT_GOAL := help
.PHONY: help up test check test-pure test-services test-e2e bench-ingest bench-latency chaos dispatch-kills storm fuzz alerts properties screenshots test-as-user types python web stack clean

BIN := .venv/bin
STACK := $(BIN)/python -m fieldops.stack
INSTALL := @sh scripts/bootstrap.sh

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

up: python web ## Run everything in the foreground, Ctrl-C stops it
	@exec $(BIN)/fieldops up

test: python web stack ## Run all tests: pure, services, end to end
	npm --prefix web test -- --passWithNoTests
	$(BIN)/pytest

check: python web ## Run every check that needs no service
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm --prefix web run check
	$(BIN)/pytest tests/docs

test-pure: python ## Run the tests that need no service
	$(BIN)/pytest -m "not services and not e2e"

test-services: python stack ## Run the tests against the real stack
	$(BIN)/pytest -m services

test-e2e: python web stack ## Run the tests with real processes and a browser
	$(BIN)/pytest -m e2e

bench-ingest: python ## Measure ingest beside a C subscriber and raw COPY (10 min)
	$(BIN)/fieldops bench ingest

bench-latency: python ## Measure a fix's way to commit, hub and frame
	$(BIN)/fieldops bench latency

chaos: python ## Kill ingest, database, broker and Valkey for 5 min and close the books
	$(BIN)/fieldops bench chaos --strict

dispatch-kills: python stack ## Kill dispatch 200 times, half of them while it publishes (11 min)
	DISPATCH_KILLS=200 $(BIN)/pytest -s tests/e2e/test_dispatch_kills.py

storm: python ## Let 5,000 devices drop and return at once
	$(BIN)/fieldops bench storm --strict

fuzz: python ## Push a million broken packets and payloads through the parser
	$(BIN)/fieldops bench fuzz --strict

alerts: python ## Check and test the alert rules with promtool
	@promtool=$$($(STACK) promtool) && cd docs/operations && \
	  $$promtool check rules alerts.yaml && $$promtool test rules alerts.test.yaml

properties: python ## Try the properties of dispatch plans on 67,000 random days, 10,000 a property (12 min)
	PROPERTY_CASES=67000 $(BIN)/pytest --timeout 7200 tests/dispatch/test_agreement.py tests/dispatch/engine/test_reasons.py tests/dispatch/engine/test_routing.py tests/dispatch/instant/test_solving.py

screenshots: python web stack ## Take the README's pictures anew
	FIELDOPS_SCREENSHOTS=1 $(BIN)/pytest tests/e2e/test_road.py

test-as-user: ## As root: run `make up` and `make test` as an ordinary user, from an empty home
	@python3 scripts/as_user.py

python: # .venv from requirements.lock
	$(INSTALL) python

web: # web/dist from package-lock.json and the sources
	$(INSTALL) web

stack: python # services running, a Chromium and Prometheus' promtool to test with
	@$(STACK) up
	@$(STACK) chromium > .fieldops/chromium
	@$(STACK) promtool > .fieldops/promtool

types: python web ## Make the web's types from the api's OpenAPI document
	$(BIN)/python -m api.openapi > web/openapi.json
	npm --prefix web run types

clean: ## Stop the services; remove all that was installed and ALL DATA
	@test ! -x $(BIN)/python -o ! -d .fieldops || $(STACK) down
	@test ! -L .fieldops/home || rm -rf "$$(readlink .fieldops/home)"
	rm -rf .fieldops .venv web/node_modules web/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
