# What people type. `make` alone lists it.

VENV := .venv/bin
# Where RabbitMQ and what the fault tests need are installed, and who is not root does not look.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin
PACKAGES := libs/wire libs/worker services/registry services/router services/archive client admin
PORT_OPTION = $(if $(AMQP_PORT),--port $(AMQP_PORT))
REGISTRY ?= 1
ROUTER ?= 1
ARCHIVE ?= 1

.PHONY: help chat up down logs test faults soak bench picture lint translations lock rabbitmq

help:  ## list these
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

chat: .venv/ready rabbitmq  ## open the client; starts the chat first if it is not up
	@$(VENV)/supervisorctl -c .run/supervisord.conf pid >/dev/null 2>&1 || $(MAKE) --no-print-directory up
	@set -a; . ./.run/client.env; exec $(VENV)/chat

up: .venv/ready rabbitmq  ## start the chat, or change it: make up REGISTRY=2 ROUTER=3 ARCHIVE=2 AMQP_PORT=5673
	@$(VENV)/python -m local.system up --registry $(REGISTRY) --router $(ROUTER) --archive $(ARCHIVE) $(PORT_OPTION)

down:  ## stop it
	@$(VENV)/python -m local.system down

logs:  ## follow the logs, one JSON object a line
	@tail -q -n 50 -F .run/log/*.log

test: .venv/bench rabbitmq  ## run the tests, all but those that need Docker or PostgreSQL
	$(VENV)/pytest -n 4 --dist worksteal tests/unit tests/integration
	$(VENV)/pytest -n 4 --dist loadfile tests/e2e

faults: .venv/ready rabbitmq  ## break it while people chat, and judge what they saw; takes 10 minutes
	@local/install.sh faults || true  # what is not there is left out, and said
	$(VENV)/pytest tests/faults
	$(VENV)/python -m tests.faults

soak: .venv/ready rabbitmq  ## the same, mixed, for long: make soak MINUTES=60 SEED=9 NODES=3
	@local/install.sh faults || true  # what is not there is left out, and said
	$(VENV)/python -m tests.faults --minutes $(or $(MINUTES),60) --seed $(or $(SEED),1) --nodes $(or $(NODES),1)

bench: .venv/bench rabbitmq  ## measure it beside its yardsticks: make bench QUICK=1 takes 3 minutes
	$(VENV)/python -m bench $(if $(QUICK),--quick)

picture: .venv/ready rabbitmq  ## draw docs/chat.svg anew, from the running client
	$(VENV)/python -m docs.picture

lint: .venv/bench  ## ruff, mypy, import-linter, and rumdl, which checks the links of the documentation
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	$(VENV)/rumdl check .

translations: .venv/ready  ## bring the client's catalogues up to date, for new texts to be translated
	$(VENV)/pybabel -q extract -k "_ ngettext:1,2 marked" --no-default-keywords --no-location --sort-output \
		--omit-header -o .venv/chat.pot client/src/chat_client
	$(VENV)/pybabel -q update -D chat -i .venv/chat.pot -d $(LOCALES) --ignore-pot-creation-date --ignore-obsolete \
		--no-fuzzy-matching -w 120
	$(VENV)/pybabel -q compile -D chat -d $(LOCALES)

lock:  ## choose the newest versions again; needs uv
	uv pip compile $(LOCK) --upgrade --extra postgresql --no-emit-package chat-wire --no-emit-package chat-worker \
		$(PACKAGES:%=%/pyproject.toml) -o requirements.txt
	uv pip compile $(LOCK) --upgrade --group dev -c requirements.txt -o requirements-dev.txt
	uv pip compile $(LOCK) --upgrade --group bench -c requirements-dev.txt -o requirements-bench.txt
	uv pip compile $(LOCK) --upgrade --group build -c requirements-dev.txt -o requirements-build.txt

LOCALES := client/src/chat_client/locale

LOCK := -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	--universal --python-version 3.11

rabbitmq:
	@local/install.sh rabbitmq

.venv/bench: .venv/ready requirements-bench.txt
	$(VENV)/pip install -q --require-hashes -r requirements-bench.txt
	@touch $@

.venv/ready: requirements.txt requirements-dev.txt $(PACKAGES:%=%/pyproject.toml)
	@local/install.sh venv
	@python3 -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	python3 -m venv .venv
	$(VENV)/pip install -q --require-hashes -r requirements.txt -r requirements-dev.txt
	$(VENV)/pip install -q --no-deps --no-build-isolation $(PACKAGES:%=-e %)
	@touch $@
