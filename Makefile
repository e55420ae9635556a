# Each target sets up what it needs in .venv, and does so again only when pyproject.toml changes.

PYTHON ?= python3
# The newest one there is, on the path or pyenv's.
NEWEST := $(or $(shell for minor in 15 14 13 12; do \
    for each in python3.$$minor "$$(pyenv prefix 3.$$minor 2>/dev/null)/bin/python"; do \
        "$$each" -c '' 2>/dev/null && echo "$$each" && exit; \
    done; done),$(PYTHON))
VENV := .venv
BIN := $(VENV)/bin
RECORDER := $(VENV)-clients
NODE := tests/clients/third_party/node
AIMOCK := benchmarks/aimock
TEST_ARGS ?=

# Said to `make record` alone: what is exported by that name spends nothing.
ifeq ($(origin API),command line)
record: export FAKEMODEL_RECORD_FROM_API := $(API)
else
record: export FAKEMODEL_RECORD_FROM_API :=
endif

.DEFAULT_GOAL := help
.PHONY: help demo test lint types format record fidelity bench coverage wheel compat beside clients dropin \
    schemathesis docs clean

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/ready ## Record a conversation, replay it offline, catch a changed prompt
	$(BIN)/python examples/demo.py

test: $(VENV)/ready ## Run the tests, on all cores (TEST_ARGS="-k reply" for some, on one)
	$(BIN)/python -m pytest $(or $(TEST_ARGS),-n auto)

record: $(RECORDER)/ready ## Record the cassettes that ship anew, from FakeOpenAI (API=1: from the API, which costs)
	$(RECORDER)/bin/python -m pytest --cassettes=rerecord tests/scenarios $(TEST_ARGS)

fidelity: $(VENV)/ready ## Measure on real traffic, and print the figures
	$(BIN)/python -m pytest -m fidelity -p no:randomly $(TEST_ARGS)

# The peers are in one environment with us; the sources of the Agents SDK have the model that it tested itself with.
COPIED := $(VENV)-beside/openai_agents-0.20.0.tar.gz
bench: $(COPIED) $(if $(shell command -v npm),$(AIMOCK)/node_modules/ready) ## Measure what it costs, beside its peers (ARGS="--share 0.1")
	$(VENV)-beside/bin/python -m benchmarks $(ARGS)

coverage: $(VENV)-newest/ready ## Run the tests with branch coverage, on the newest Python there is
	$(VENV)-newest/bin/coverage erase
	$(VENV)-newest/bin/coverage run -m pytest $(TEST_ARGS)
	$(VENV)-newest/bin/coverage combine --quiet
	$(VENV)-newest/bin/coverage report

lint: $(VENV)/lint types ## Check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/lint ## Check types
	$(BIN)/mypy

format: $(VENV)/lint ## Mend style and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(VENV)/lint ## Build what is released, check it, and run a plugin test in an environment that has only the wheel
	rm -rf build dist $(VENV)-wheel
	$(BIN)/python -m build --quiet
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	$(VENV)-wheel/bin/python tests/wheel/check_wheel.py dist/*.whl

# The oldest of all that we need, openai alone, and the oldest Agents SDKs. `expected_events` speaks for it since 0.20, so
# that before only what runs agents is run. fakemodel is not installed there: it is the checkout's, also in subprocesses.
WITH_AGENTS := tests/model tests/contract tests/clients tests/scenarios tests/test_agents_events.py tests/test_docs.py \
    tests/tape/test_traces.py tests/wire/test_agreement.py examples
compat: export PYTHONPATH := $(CURDIR)
compat: $(VENV)-oldest/ready $(VENV)-agents020/ready $(VENV)-agents069/ready ## Run the tests on the oldest that we support
	$(VENV)-oldest/bin/python -m pytest -p plugin tests examples/test_conversation.py $(TEST_ARGS)
	$(VENV)-agents020/bin/python -m pytest -p plugin $(WITH_AGENTS) $(TEST_ARGS)
	$(VENV)-agents069/bin/python -m pytest -p plugin tests/model tests/tape/test_traces.py examples/test_agent.py \
	    $(TEST_ARGS)

# pytest-recording and cassetter cannot both be loaded: each test says which it runs beside.
beside: $(VENV)-beside/ready ## Run the tests of a suite that has other plugins too
	$(VENV)-beside/bin/python -m pytest -p no:cassetter -p no:rerunfailures tests/beside $(TEST_ARGS)

# LiteLLM wants an openai SDK older than the others do. The SDK's own tests run in both.
clients: $(VENV)-clients/ready $(VENV)-litellm/ready $(NODE)/node_modules/ready ## Run real clients against FakeOpenAI
	$(VENV)-clients/bin/python -m pytest $(wildcard tests/clients/test_*.py) tests/clients/third_party tests/scenarios \
	    --ignore tests/clients/third_party/test_litellm.py $(TEST_ARGS)
	$(VENV)-litellm/bin/python -m pytest tests/clients/test_openai_sdk.py tests/clients/third_party/test_litellm.py \
	    tests/clients/third_party/test_contract.py $(TEST_ARGS)

# The Agents SDK's own tests, from its source distributions, with the openai SDK of their day.
DROPIN := 0.20.0 0.6.9
OPENAI_OF_0.20.0 := 2.45.0
OPENAI_OF_0.6.9 := 2.9.0
dropin: $(DROPIN:%=$(VENV)-dropin-%/ready) ## Run the Agents SDK's own tests on FakeModel
	$(foreach version,$(DROPIN),$(VENV)-dropin-$(version)/bin/python tests/compat/agents_suite.py \
	    $(VENV)-dropin-$(version)/openai_agents-$(version).tar.gz &&) true

# What OpenAI's description says of every operation, where it lies beside the checkout (OPTIONS="--phases fuzzing").
schemathesis: $(VENV)-schemathesis/ready ## Run schemathesis on FakeOpenAI, by OpenAI's description of its API
	$(VENV)-schemathesis/bin/python tests/schemathesis/check_api.py $(OPTIONS)

docs: $(VENV)-docs/ready ## Build the static site into build/docs, without a warning
	$(VENV)-docs/bin/python -m sphinx --builder html --fail-on-warning --keep-going --nitpicky --quiet --fresh-env \
	    --conf-dir docs . build/docs

clean: ## Remove the environments and what was built
	rm -rf .venv .venv-* build dist $(NODE)/node_modules $(AIMOCK)/node_modules .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis

# An environment, and the start of the command that fills it. The stamp is set last: what broke off begins anew.
define environment
$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check
endef

$(VENV)/ready: pyproject.toml
	$(environment) --editable '.[agents,cli,server]' --group test --group browser
	@touch $@

$(VENV)/lint: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group lint
	@touch $@

# What the core needs beside the SDK, pytest and vcrpy, where the project itself is not installed.
CORE := detect-secrets filelock jsonschema pyyaml

# With the plugins that a suite may have beside ours.
$(VENV)-beside/ready: pyproject.toml
	$(environment) --editable '.[agents,cli,server]' --group test --group beside --group plot
	@touch $@

$(COPIED): $(VENV)-beside/ready
	$(@D)/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
	    --dest $(@D) openai-agents==0.20.0
	@touch $@

$(VENV)-docs/ready: pyproject.toml
	$(environment) --editable '.[agents,cli,server]' --group docs
	@touch $@

$(VENV)-clients/ready: pyproject.toml
	$(environment) --editable '.[agents,cli,server]' --group test --group clients
	@touch $@

$(VENV)-litellm/ready: pyproject.toml
	$(environment) --editable '.[server]' --group test --group litellm
	@touch $@

%/node_modules/ready: %/package.json
	npm install --prefix $* --no-package-lock --loglevel=error
	@touch $@

$(VENV)-schemathesis/ready: pyproject.toml
	$(environment) --editable '.[server]' --group schemathesis
	@touch $@

$(VENV)-newest/ready: PYTHON := $(NEWEST)
$(VENV)-newest/ready: pyproject.toml
	$(environment) --editable '.[agents,cli,server]' --group test
	@touch $@

$(VENV)-oldest/ready: pyproject.toml tests/compat/lower_bounds.py
	$(environment) $$($(PYTHON) tests/compat/lower_bounds.py cli hypothesis server syrupy) --group test
	@touch $@

$(VENV)-agents020/ready: pyproject.toml
	$(environment) 'openai-agents==0.20.0' 'openai<3' pytest vcrpy $(CORE) uvicorn --group test
	@touch $@

$(VENV)-agents069/ready: pyproject.toml
	$(environment) 'openai-agents==0.6.9' 'openai==2.9.0' pytest vcrpy $(CORE) uvicorn --group test
	@touch $@

$(VENV)-dropin-%/ready: pyproject.toml
	$(environment) 'openai-agents[encrypt,litellm,realtime,redis,sqlalchemy,viz,voice]==$*' \
	    'openai==$(OPENAI_OF_$*)' pytest vcrpy $(CORE) pytest-asyncio pytest-mock pytest-xdist inline-snapshot \
	    aiosqlite 'fakeredis>=2.31' 'fastapi<1' greenlet textual
	$(@D)/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
	    --dest $(@D) openai-agents==$*
	@touch $@
