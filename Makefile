# The road in: `make demo` needs Python 3.11 or 3.12 and make, nothing else.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test check fuzz format reference ingress lock clean

help: ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(READY) ## watch a view change: Python, compiled to a Flink SQL job, over a real Kafka
	@$(BIN)/python -m examples.demo

test: $(READY) ## run every test, with a Kafka and a Flink of its own
	@$(BIN)/python -m pytest

check: $(READY) ## format, lint, types, import contracts, and the tests without Kafka and Flink
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/onto tests/compiler tests/flink_jobs

NUMBER ?= 1000
SEED ?= 0

fuzz: $(READY) ## compare random programs on both sides (NUMBER=1000 SEED=0), and survive ten times as many random modules
	@$(BIN)/python -m tests.programs --seed $(SEED) --number $(NUMBER)
	@$(BIN)/python -m tests.programs --modules --seed $(SEED) --number $(NUMBER)0

format: $(READY) ## format, and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

reference: $(READY) ## write docs/reference from the docstrings
	@$(BIN)/python .ci/reference.py

ingress: $(READY) ## compile the class that reads command topics (needs a JDK)
	@$(BIN)/python .ci/ingress.py

lock: ## lock the newest versions that pyproject.toml allows (needs uv)
	uv pip compile .ci/lock/build.in --universal --python-version 3.11 --generate-hashes --upgrade --quiet \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o .ci/lock/build.txt
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --upgrade --quiet \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o .ci/lock/all.txt
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet -c .ci/lock/all.txt \
		--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" -o .ci/lock/core.txt

clean: ## remove the environment and what was made
	rm -rf $(VENV) build .onto

$(READY): .ci/lock/build.txt .ci/lock/all.txt pyproject.toml
	@$(PYTHON) .ci/environment.py $(VENV)
	@touch $@
