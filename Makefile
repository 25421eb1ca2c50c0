# Two commands do everything: `make run` and `make test`. `make` alone lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HOME_DIR ?= home
MODEL  ?=
PAPERS ?= tests/data/papers
BENCH_PAPERS ?= $(wildcard tests/data/papers/*.pdf)
BENCH_ABSTRACTS ?= tests/data/papers
# llama-cpp-python publishes prebuilt CPU wheels here; PyPI has only its source.
# PREBUILT=0 builds the hash-pinned source in any case.
LLAMA_WHEELS ?= https://abetlen.github.io/llama-cpp-python/whl/cpu
LLAMA  := $(shell sed -n 's/^\(llama-cpp-python==[0-9.]*\).*/\1/p' scripts/lock/run.txt)
PREBUILT ?= 1
MODEL_FLAGS := $(if $(MODEL),--model $(MODEL) --translator $(MODEL))

.DEFAULT_GOAL := help
.PHONY: help install dev models run test test-model kill-test power-cut no-egress simulate air-gap eval-extract eval-pages eval-translate eval-explain lint fmt types \
  check browser bench bench-full server-night scale samples lock clean peers sbom audit advisories

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.run ## the environment and the program

dev: $(VENV)/.dev ## the same, with what tests and checks need

models: $(VENV)/.run ## get, verify and convert the default models (MODEL=NAME for another)
	$(BIN)/digest models pull $(MODEL)

run: $(VENV)/.run ## everything: install, get the models, read the sample papers, write a post
	@$(MAKE) --no-print-directory models
	$(BIN)/digest --home $(HOME_DIR) run --from $(PAPERS) $(MODEL_FLAGS)

test: $(VENV)/.dev ## the fast tests: no weights, no network
	$(BIN)/python -m pytest -q -n auto

test-model: $(VENV)/.dev ## the tests that need real weights (the 0.5 B and the 135M)
	$(BIN)/digest models pull 0.5b 135m
	DIGEST_MODELS="$${DIGEST_MODELS:-$(CURDIR)/models}" $(BIN)/python -m pytest -q -m model

kill-test: $(VENV)/.run ## kills, full disks, failing writes, power cuts: the post must come out the same
	$(BIN)/digest models pull 0.5b
	$(BIN)/python -m scripts.faults

power-cut: $(VENV)/.run ## trace every fsync and rename of a day, and cut the power at seeded calls
	$(BIN)/python -m scripts.faults --real 0 --stub 0 --disk 0 --write 0 --truncate 0 --power 20

no-egress: $(VENV)/.run ## a full day without a network but loopback, every connection traced (needs strace)
	$(BIN)/python -m scripts.no_egress

simulate: $(VENV)/.run ## eight weeks over a fake arXiv, with and without faults: no paper may be lost
	$(BIN)/python scripts/simulate.py

air-gap: $(VENV)/.run ## export a bundle, install from it and make a post where there is no network
	$(BIN)/digest models pull 0.5b
	$(BIN)/python scripts/air_gap.py

eval-extract: $(VENV)/.run ## how well PDFs are read, on the folder that DATA names
	$(BIN)/digest eval extract --data $(DATA)

eval-pages: $(VENV)/.run ## how well cited sentences are marked on their pages, on the folder that DATA names
	$(BIN)/digest eval pages --data $(DATA)

eval-translate: $(VENV)/.run ## how well abstracts are translated, on the folder that DATA names (EVAL_FLAGS=--no-models)
	$(BIN)/digest --home $(HOME_DIR) eval translate --data $(DATA) $(EVAL_FLAGS)

eval-explain: $(VENV)/.run ## how well papers are read, on the folder that DATA names (EVAL_FLAGS=--no-models)
	$(BIN)/digest --home $(HOME_DIR) eval explain --data $(DATA) $(EVAL_FLAGS)

lint: $(VENV)/.dev ## ruff: rules and format; edits nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

fmt: $(VENV)/.dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy

browser: $(VENV)/.browser ## posts through Jekyll, Hugo, cmark-gfm and Chromium; the site's pages, its search and its growth
	@test -f $(HOME_DIR)/digest.duckdb || $(MAKE) --no-print-directory run
	$(BIN)/python -m scripts.browser.renderers --home $(HOME_DIR)
	$(BIN)/python -m scripts.browser.reader --home $(HOME_DIR)
	$(BIN)/python -m scripts.browser.growth
	$(BIN)/python -m scripts.browser.search_bench --quick

check: lint types test ## lint, types and fast tests

bench: $(VENV)/.run ## engines against the plain ways, in one run (BENCH_PAPERS=, BENCH_ABSTRACTS=)
	@$(MAKE) --no-print-directory models MODEL=0.5b
	$(BIN)/digest bench $(firstword $(BENCH_PAPERS)) --abstracts $(BENCH_ABSTRACTS) --model 0.5b

bench-full: $(VENV)/.run ## the same with three papers and the 1.5 B; goes on where it was stopped
	@$(MAKE) --no-print-directory models MODEL=1.5b
	$(BIN)/digest bench $(wordlist 1,3,$(BENCH_PAPERS)) --abstracts $(BENCH_ABSTRACTS) --model 1.5b \
	  --state $(HOME_DIR)/bench-full.json

server-night: $(VENV)/.run ## a night of a thousand papers against a fake model server: what is ours costs
	$(BIN)/python scripts/server_night.py

peers: $(VENV)/.run ## our run against a plain script and llama-server, on the sample papers; builds llama-server once
	@$(MAKE) --no-print-directory models MODEL=0.5b
	$(BIN)/python -m scripts.peers --from $(PAPERS) --model 0.5b

sbom: $(VENV)/.dev ## list every locked package and model file (scripts/lock/sbom.cdx.json)
	$(BIN)/python -m scripts.supply.sbom

audit: $(VENV)/.dev ## known holes in the locked packages, from pinned advisories, offline
	$(BIN)/python -m scripts.supply.audit

advisories: $(VENV)/.dev ## pin what OSV knows against the locked packages
	$(BIN)/python -m scripts.supply.advisories

scale: $(VENV)/.run ## what a paper costs besides the models, and what ten years of papers cost (SCALE_FLAGS=)
	$(BIN)/python -m scripts.scale $(SCALE_FLAGS)

samples: $(VENV)/.run ## typeset the sample papers again (needs LaTeX)
	$(BIN)/python scripts/make_samples.py

lock: $(VENV)/.dev ## resolve and hash-pin the dependencies again
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url \
	  --python-version 3.11 --group build pyproject.toml -o scripts/lock/run.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url \
	  --python-version 3.11 --group build --group dev pyproject.toml -o scripts/lock/dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url \
	  --python-version 3.11 --group browser --group dev --group build pyproject.toml -o scripts/lock/browser.txt

clean: ## remove the environment and caches; models and posts stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find digest tests scripts -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.llama: $(VENV)/.made scripts/lock/run.txt
ifeq ($(PREBUILT),1)
	@echo "$(LLAMA): looking for a prebuilt wheel"
	@$(BIN)/python -m pip install -q --no-deps --only-binary llama-cpp-python --timeout 10 --retries 0 \
	  --index-url $(LLAMA_WHEELS) "$(LLAMA)" 2>/dev/null \
	  || echo "none for this platform; building from source: about 8 minutes on 2 cores, once (pip keeps the result)"
endif
	@touch $@

$(VENV)/.run: $(VENV)/.llama pyproject.toml
	@echo "installing the pinned packages"
	$(BIN)/python -m pip install --progress-bar on --require-hashes -r scripts/lock/run.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.browser: $(VENV)/.dev
	@for program in jekyll hugo cmark-gfm chromium; do command -v $$program >/dev/null || missing="$$missing $$program"; done; \
	  test -z "$$missing" || { echo "installing$$missing"; apt-get update -q && apt-get install -y -q $$missing fonts-noto-cjk; }
	$(BIN)/python -m pip install -q --require-hashes -r scripts/lock/browser.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run scripts/lock/dev.txt
	$(BIN)/python -m pip install -q --require-hashes -r scripts/lock/dev.txt
	@touch $@
