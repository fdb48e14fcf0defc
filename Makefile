# make demo   installs what the main job needs into .venv, and runs it
# make test   installs what the tests need into .venv, and runs lint, types and the tests
# make docs   installs what the documentation needs into .venv, and builds it in build/site

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH ?= torch==2.13.0
DEMO := demo

export TF_CPP_MIN_LOG_LEVEL ?= 3
# Every new process would compile what it imports again, which takes it longer than the rest.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint types tests readme docs clean
.DEFAULT_GOAL := demo

demo:
	@echo "make demo: install the package with TensorFlow into $(VENV) if need be, then train a small"
	@echo "network on 300 handwritten digits without and with each of 12 regularizers, and compare."
	@$(MAKE) --no-print-directory $(VENV)/demo.installed
	KERAS_BACKEND=tensorflow $(BIN)/regzoo compare --data digits --train-size 300 --seeds 5 --epochs 60 --out $(DEMO)

test:
	@echo "make test: install the package with all three backends into $(VENV) if need be, then check"
	@echo "style and types, and run the tests on TensorFlow, JAX and PyTorch; those that hardly depend"
	@echo "on the backend run on PyTorch alone."
	@$(MAKE) --no-print-directory $(VENV)/test.installed
	@$(MAKE) --no-print-directory lint types tests

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m keras_regzoo.catalogue.readme README.md --check
	$(BIN)/python -m keras_regzoo.catalogue.choosing docs/choosing.md --check
	$(BIN)/python -m benchmarks.performance_page docs/performance.md --check

types:
	$(BIN)/pyright --pythonpath $(BIN)/python

tests:
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest -n 2 -m "not one_backend"
	KERAS_BACKEND=jax $(BIN)/python -m pytest -n 2 -m "not one_backend"
	KERAS_BACKEND=torch $(BIN)/python -m pytest -n 2

readme:
	$(BIN)/python -m keras_regzoo.catalogue.readme README.md
	$(BIN)/python -m keras_regzoo.catalogue.choosing docs/choosing.md
	$(BIN)/python -m benchmarks.performance_page docs/performance.md

docs:
	@echo "make docs: install the package with MkDocs into $(VENV) if need be, then build the site in"
	@echo "build/site; a warning, such as a broken link, is an error."
	@$(MAKE) --no-print-directory $(VENV)/docs.installed
	$(BIN)/python -m keras_regzoo.catalogue.site . build/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "Open build/site/index.html."

clean:
	rm -rf $(VENV) $(DEMO)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "keras_regzoo needs Python 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.installed: setup.cfg | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile tensorflow-cpu tensorboard --editable ".[recipes]"
	@touch $@

$(VENV)/docs.installed: setup.cfg | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile tensorflow-cpu tensorboard --editable ".[docs]"
	@touch $@

$(VENV)/test.installed: setup.cfg | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile $(TORCH)
	$(BIN)/python -m pip install --quiet --no-compile tensorflow-cpu tensorboard --editable ".[dev,jax]"
	$(BIN)/pyright --version  # fetches it, so that later runs need no network
	@touch $@
