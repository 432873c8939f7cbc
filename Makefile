# make run     install what is needed into .venv, then start everything; Ctrl-C stops it
# make test    every test; some of them: make test ARGS="tests/gateways -k telegram"
# make bench   how fast, for some minutes; one part of it: make bench ONLY=walk
# make chaos   everything dies at once, and what became of the promises; a small one: make chaos MESSAGES=300
#              STACK=postgres-redis, postgres-rabbitmq, sqlite-embedded or all (the default)
# make lint    style, types, layers, migrations, deployment checks
# make lock    maintainers: pin every package again from pyproject.toml (needs uv)
# make clean   remove .venv and all caches; the data folder stays

PYTHON ?= python3
PORT ?=
ARGS ?=

BIN = .venv/bin
INTO_VENV = @command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer."; exit 1; }; \
	exec $(PYTHON) bootstrap.py
COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet

ONLY ?= bench
STACK ?= all

.PHONY: run test bench chaos lint lock clean

run:
	$(INTO_VENV) requirements.lock manage.py up $(if $(PORT),--port $(PORT)) $(ARGS)

test: export AISSIST_DATA_DIR = $(CURDIR)/.venv/scratch
test:
	$(INTO_VENV) requirements-dev.lock -m pytest $(ARGS)

bench:
	$(INTO_VENV) requirements-dev.lock -m tests.bench $(ONLY) --stack $(STACK) $(ARGS)

chaos:
	$(INTO_VENV) requirements-dev.lock -m tests.bench chaos --stack $(STACK) $(ARGS)

lint: export AISSIST_DATA_DIR = $(CURDIR)/.venv/scratch
lint:
	$(INTO_VENV) requirements-dev.lock
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	env $$($(BIN)/python manage.py new_keys) DATABASE_URL=postgres://aissist@127.0.0.1/aissist \
		PUBLIC_URL=https://support.example.com $(BIN)/python manage.py check --deploy --fail-level WARNING

lock:
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group test --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
