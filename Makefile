# One line a thing that people do. Each installs what it needs; see docs/decisions/0002-install.md.
PYTHON ?= python3
BIN := .venv/bin
MINUTES ?= 86

.PHONY: run test accept campaign check bench seed clean
.NOTPARALLEL:

run:  ## install and serve; embedder and training extra follow in the background
	@$(PYTHON) tools/install.py --extras run --later embedder,train
	@exec $(BIN)/a3x serve

test:  ## unit and integration tests: at most 20 minutes on 2 cores
	@$(PYTHON) tools/install.py --extras train,dev,embedder
	$(BIN)/python -m pytest -m "not acceptance and not campaign" tests

accept:  ## the acceptance lists: at most 90 minutes on 2 cores
	@$(PYTHON) tools/install.py --extras train,dev,embedder
	$(BIN)/python -m pytest -m acceptance tests

campaign:  ## hours, resumable
	@test -d tests/campaign || { echo "make campaign: not implemented yet (there is no tests/campaign)" >&2; exit 2; }
	@$(PYTHON) tools/install.py --extras train,dev,embedder
	$(BIN)/python -m pytest tests/campaign

check:  ## format, lint, types, import rules, unit tests
	@$(PYTHON) tools/install.py --extras train,dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/unit

bench:  ## side-by-side benches
	@ls benchmarks/perf/*.py >/dev/null 2>&1 || { echo "make bench: there is no benchmarks/perf/*.py" >&2; exit 2; }
	@$(PYTHON) tools/install.py --extras train,dev,embedder
	@set -e; for bench in benchmarks/perf/*.py; do echo "== $$bench"; $(BIN)/python "$$bench"; done

seed:  ## grow the seed model anew (MINUTES=86 on 2 cores)
	@$(PYTHON) tools/install.py --extras train
	$(BIN)/python -m a3x.ladder seed --out out/seed --minutes $(MINUTES)

clean:  ## remove what the targets above made here; the wheel cache stays
	rm -rf .venv build dist install.log install-later.log .install.lock
	rm -rf .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find a3x tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
