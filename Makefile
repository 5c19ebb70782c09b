# One line a thing that people do. Each installs what it needs; see docs/decisions/0002-install.md.
PYTHON ?= python3
BIN := .venv/bin
MINUTES ?= 86
SLICE ?= 60
BENCHES := $(basename $(notdir $(filter-out %/__init__.py,$(wildcard benchmarks/perf/*.py))))

.PHONY: run test accept campaign check bench seed clean
.NOTPARALLEL:

run:  ## install and serve; embedder and training extra follow in the background
	@$(PYTHON) tools/install.py --extras run --later embedder,train
	@exec $(BIN)/a3x serve

test:  ## unit and integration tests: at most 20 minutes on 2 cores
	@$(PYTHON) tools/install.py --extras train,dev,embedder
	$(BIN)/python -m pytest -m "not acceptance and not campaign" tests

accept:  ## the acceptance lists: at most 90 minutes on 2 cores
	@$(PYTHON) tools/install.py --extras train,dev,embedder,evaluation
	$(BIN)/python -m pytest -m acceptance tests

campaign:  ## hours, resumable: an hour a call, or SLICE minutes; the evidence goes to docs/evidence
	@$(PYTHON) tools/install.py --extras train,dev,embedder
	CAMPAIGN_MINUTES=$(SLICE) $(BIN)/python -m pytest -rs -m campaign tests/campaign

check:  ## format, lint, types, import rules, unit tests
	@$(PYTHON) tools/install.py --extras train,dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/unit

bench:  ## side-by-side benches, all of them whatever the verdicts; QUICK=--quick for minutes
	@$(PYTHON) tools/install.py --extras train,dev,embedder
	@missed=0; for bench in $(BENCHES); do \
	  echo "== $$bench"; $(BIN)/python -m benchmarks.perf.$$bench $(QUICK) || missed=1; done; exit $$missed

seed:  ## grow the seed model anew (MINUTES=86, then 60 and 22, on 2 cores)
	@$(PYTHON) tools/install.py --extras train
	$(BIN)/python -m a3x.ladder seed --out out/seed/first --minutes $(MINUTES)
	$(BIN)/python -m a3x.ladder seed --out out/seed/second --init out/seed/first/first.gguf --minutes 60 \
	  --recipe models/seed/second.toml
	$(BIN)/python -m a3x.ladder seed --out out/seed/third --init out/seed/second/second.gguf --minutes 22 \
	  --recipe models/seed/third.toml
	$(BIN)/python -m a3x.ladder mean out/seed/a3x-seed.gguf out/seed/second/second.gguf \
	  out/seed/third/third.gguf out/seed/third/third.gguf

clean:  ## remove what the targets above made here; the wheel cache stays
	rm -rf .venv build dist a3x/engine/_burst.so install.log install-later.log .install.lock
	rm -rf .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find a3x tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
