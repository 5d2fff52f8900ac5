# The commands for people. `make` without a target lists them.

VENV := .venv/bin
# Debian keeps RabbitMQ and the fault tests' tools in directories that are not in an ordinary user's PATH.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin
PACKAGES := libs/wire libs/amqp libs/tokens libs/worker services/registry services/router services/archive client admin
UP_OPTIONS = $(if $(REGISTRY),--registry $(REGISTRY)) $(if $(ROUTER),--router $(ROUTER)) \
	$(if $(ARCHIVE),--archive $(ARCHIVE)) $(if $(AMQP_PORT),--port $(AMQP_PORT))
NOT_RUNNING = echo "The chat does not run."
# The pre-commit hooks run the same checks, one hook for each.
CHECKS := lint-style lint-format lint-types lint-imports lint-docs

.PHONY: help chat up down status logs test test-clock test-security fuzz faults soak upgrade cluster bench picture docs lint $(CHECKS) translations lock rabbitmq

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

chat: .venv/ready rabbitmq  ## open the client; start the chat first if it does not run: make chat ARGS="--local-time"
	@$(VENV)/supervisorctl -c .run/supervisord.conf pid >/dev/null 2>&1 || $(MAKE) --no-print-directory up
	@set -a; . ./.run/client.env; exec $(VENV)/chat $(ARGS)

up: .venv/ready rabbitmq  ## start the chat or change a running one: make up REGISTRY=2 ROUTER=3 ARCHIVE=2 AMQP_PORT=5673
	@$(VENV)/python -m local.system up $(UP_OPTIONS)

down:  ## stop the chat
	@if [ -e .run/supervisord.conf ]; then $(VENV)/python -m local.system down; else $(NOT_RUNNING); fi

status:  ## say how the chat is: make status ARGS="--watch"
	@if [ -e .run/admin.env ]; then set -a; . ./.run/admin.env; $(VENV)/chat-admin status $(ARGS) || true; else $(NOT_RUNNING); fi

logs:  ## follow the logs of the services and of RabbitMQ
	@if [ -d .run/log ]; then tail -q -n 50 -F .run/log/*.log; else $(NOT_RUNNING); fi

test: .venv/dev rabbitmq  ## run all tests, except those that need Docker
	@# A file is one piece of work: the long ones come first, and the short ones fill up the end.
	$(VENV)/pytest -n 4 --dist loadfile tests/e2e tests/integration tests/security tests/unit

test-security: .venv/dev rabbitmq  ## attack the broker and the services; another broker by TEST_AMQP_URL (see .ci/run)
	$(VENV)/pytest -n 2 --dist loadfile tests/security

CLOCK ?= +400d
ZONE ?= Pacific/Apia
CLOCK_TESTS ?= tests/unit tests/integration
# Neither the day nor the time zone can change what these tests find.
TIMELESS := admin_init bench_feed bench_frames bench_results checks client_charset client_frontend client_ignoring \
	client_keys client_outbox client_preferences client_start compose_file docs_reference faults_checker \
	faults_checker_archived faults_checker_names faults_checker_runs faults_command fullscreen_background \
	fullscreen_clusters fullscreen_colours fullscreen_completion fullscreen_composer fullscreen_driver \
	fullscreen_history_search fullscreen_input fullscreen_input_history fullscreen_name_screen fullscreen_palette_keys \
	fullscreen_paste fullscreen_selection fullscreen_short_names fullscreen_terminal local_programs local_system locks \
	observability packages registry_naming settings worker_metrics worker_poison_probe worker_trouble

test-clock: .venv/dev rabbitmq  ## run unit and integration tests on another day: make test-clock CLOCK=+40d ZONE=Asia/Kolkata
	TEST_CLOCK=$(CLOCK) TZ=$(ZONE) $(VENV)/pytest -n 4 --dist worksteal $(CLOCK_TESTS) $(TIMELESS:%=--ignore=tests/unit/test_%.py)

fuzz: .venv/dev  ## send 100,000 random inputs through a terminal to the client: make fuzz SEED=9 INPUTS=1000
	$(VENV)/python -m testkit.fuzz_terminal $(if $(SEED),--seed $(SEED)) --inputs $(or $(INPUTS),100000)

FAULTS = $(VENV)/python -m tests.faults $(if $(INDEX),--index $(INDEX))

faults: .venv/dev rabbitmq  ## inject faults while clients chat, and check what they saw; 6 minutes; all on PostgreSQL: INDEX=postgresql
	@local/install.sh faults || true  # the run skips faults whose tools are missing, and reports each one
	@local/install.sh postgresql || true
	@# All at the same time: most of a run is waiting. Each share has a broker and a network of its own.
	printf '%s\n' '$(VENV)/pytest tests/faults' '$(FAULTS) --share 1/3' '$(FAULTS) --share 2/3 --token-seconds 20' '$(FAULTS) --share 3/3' | \
		xargs -P 4 -I RUN sh -c 'exec RUN'

soak: .venv/dev rabbitmq  ## inject random faults for longer: make soak MINUTES=60 SEED=9 NODES=3 INDEX=postgresql
	@local/install.sh faults || true  # the run skips faults whose tools are missing, and reports each one
	@[ "$(INDEX)" != postgresql ] || local/install.sh postgresql
	$(VENV)/python -m tests.faults --minutes $(or $(MINUTES),60) --seed $(or $(SEED),1) --nodes $(or $(NODES),1) \
		$(if $(INDEX),--index $(INDEX))

upgrade: .venv/dev rabbitmq  ## upgrade a running chat of the version before, with TEST_COMPOSE=1 also in Docker
	UPGRADE_FROM=$(UPGRADE_FROM) $(VENV)/pytest -n 2 --dist loadfile tests/upgrade

cluster: .venv/dev  ## grow a chat in Docker to three RabbitMQ nodes, and kill each; takes 10 minutes
	TEST_CLUSTER=1 $(VENV)/pytest tests/e2e/test_cluster.py

bench: .venv/dev rabbitmq  ## measure the chat and its baselines; make bench QUICK=1 takes 3 minutes
	$(VENV)/python -m bench $(if $(QUICK),--quick)

picture: .venv/dev rabbitmq  ## draw docs/chat.svg from the running client
	$(VENV)/python -m docs.picture

docs: .venv/dev  ## write the generated pages of docs/reference and the dashboards from the code
	$(VENV)/python -m docs.generate
	$(VENV)/python -m observability

lint: $(CHECKS)  ## check style, types, imports and the links of the documentation

lint-style: .venv/dev
	$(VENV)/ruff check .

lint-format: .venv/dev
	$(VENV)/ruff format --check .

lint-types: .venv/dev
	$(VENV)/mypy

lint-imports: .venv/dev
	$(VENV)/lint-imports

lint-docs: .venv/dev
	$(VENV)/rumdl check .

LOCALES := client/src/chat_client/locale

translations: .venv/dev  ## update the client's message catalogues from its source
	$(VENV)/pybabel -q extract -k "_ ngettext:1,2 marked" --no-default-keywords --no-location --sort-output \
		--omit-header -o .venv/chat.pot client/src/chat_client
	$(VENV)/pybabel -q update -D chat -i .venv/chat.pot -d $(LOCALES) --ignore-pot-creation-date --ignore-obsolete \
		--no-fuzzy-matching -w 120
	$(VENV)/pybabel -q compile -D chat -d $(LOCALES)

COMPILE = .venv/uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --no-annotate $(if $(UPGRADE),--upgrade)
EDITABLES := $(PACKAGES:%=-e ./%)

lock: .venv/uv  ## write the requirements files; make lock UPGRADE=1 takes the newest versions
	printf '%s %s\n' $(EDITABLES) | $(COMPILE) $(addprefix --no-emit-package chat-,$(notdir $(PACKAGES))) \
		--group build --group local - -o requirements.txt
	$(COMPILE) -c requirements.txt --group dev -o requirements-dev.txt

rabbitmq:
	@local/install.sh rabbitmq

.venv/uv: | .venv/ready
	python3 -m venv $@
	$@/bin/pip install -q uv

.venv/dev: .venv/ready requirements-dev.txt
	$(VENV)/pip install -q --require-hashes -r requirements-dev.txt
	@touch $@

.venv/ready: requirements.txt VERSION $(PACKAGES:%=%/pyproject.toml)
	@local/install.sh venv
	@python3 -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	python3 -m venv .venv
	$(VENV)/pip install -q --require-hashes -r requirements.txt
	$(VENV)/pip install -q --no-deps --no-build-isolation $(PACKAGES:%=-e %)
	@touch $@
