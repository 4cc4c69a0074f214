# Targets are exactly what CI runs. `make demo` and `make test` work on a machine with Python 3.11+, make, git and apt.
PYTHON ?= python3
PIP = .venv/bin/python -m pip --disable-pip-version-check -q
RUN = .venv/bin/
ARTEFACTS ?= .riskmodel
LOCK = uv pip compile -q --universal --generate-hashes --no-emit-index-url pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help install install-dev system system-browser demo serve test test-fast nightly drill check format messages lock bundle clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

# --- setting up -----------------------------------------------------------------------------------------------------
.venv/bin/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "riskmodel needs Python 3.11 or newer; set PYTHON=..."'
	$(PYTHON) -m venv .venv

# The lock names every package, so nothing is resolved here: pip 23 takes an extra such as coverage[toml] for a requirement
# of its own and, once a newer release is out, refuses it as unpinned.
.venv/.runtime: .venv/bin/python deploy/requirements/runtime.txt pyproject.toml
	$(PIP) install --no-deps --require-hashes -r deploy/requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/bin/python deploy/requirements/dev.txt pyproject.toml
	$(PIP) install --no-deps --require-hashes -r deploy/requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ .venv/.runtime

system:  # LightGBM's wheel needs libgomp1, which a bare Debian lacks
	@if $(PYTHON) -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libgomp1 >/dev/null; \
	else echo "LightGBM needs libgomp1; type:  sudo apt-get install -y libgomp1"; exit 1; fi

system-browser:  # pages are tested in a real browser
	@if command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi 'noto.*cjk'; then :; \
	elif [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk fontconfig >/dev/null; \
	else echo "pages are not tested in a browser; type:  sudo apt-get install -y chromium fonts-noto-cjk"; fi

install: system .venv/.runtime  ## make .venv with all that running needs, from the hashed lock
install-dev: system system-browser .venv/.dev  ## the same, with all that tests and checks need

# --- running --------------------------------------------------------------------------------------------------------
SERVE ?= 1
demo: install  ## simulate, train, promote, evaluate and serve a county (SERVE=0 ends after the table)
	$(RUN)riskmodel demo $(if $(filter 0,$(SERVE)),--no-serve,)

serve: install  ## serve the reference bundle on 127.0.0.1:8000
	$(RUN)riskmodel serve

bundle: install  ## rebuild the reference bundle in models/
	$(RUN)python -m riskmodel.reference_bundle

# --- testing --------------------------------------------------------------------------------------------------------
# three workers on two cores, since many tests wait for servers; were each to grow trees on two threads, they would wait for
# one another most of the time
test test-fast: export OMP_NUM_THREADS = 1

test: install-dev  ## every test but those of the night
	$(RUN)python -m pytest -n 3 --dist loadfile -m "not nightly"

test-fast: install-dev  ## the inner loop: no slow test, no browser
	$(RUN)python -m pytest -n 3 --dist loadfile -m "not slow and not browser and not nightly"

nightly: install-dev  ## what takes long: every role asks everything, 200 crashes, retraining, five counties (hours)
	RISKMODEL_FUZZ=full OMP_NUM_THREADS=1 $(RUN)python -m pytest tests/fuzz tests/crash
	OMP_NUM_THREADS=1 $(RUN)python -m pytest -m nightly
	$(RUN)riskmodel bench county --households 100000 --seeds 5 --check --out docs/county.md

drill: install-dev  ## crash the database under load, steady load for 5 minutes, a flood, kills (about 15 minutes); fails below a bar
	$(RUN)riskmodel bench drill --minutes 5 --check --out docs/drill.md

check: install-dev  ## lint, types, rooms, and no address in the lock
	$(RUN)ruff format --check src tests
	$(RUN)ruff check src tests
	$(RUN)mypy
	$(RUN)lint-imports
	@! grep -rnE '://' deploy/requirements || { echo "the lock must hold no address"; exit 1; }
	@! git ls-files | grep -E '(^|/)(uv\.lock|pylock\.toml)$$' || { echo "uv.lock and pylock.toml name hosts: not here"; exit 1; }

format:  ## put the code into form
	$(RUN)ruff format src tests
	$(RUN)ruff check --fix src tests

messages: install-dev  ## collect the pages' strings into the catalogues; new ones must then be translated
	$(RUN)pybabel -q extract -F src/riskmodel/locale/babel.cfg -k gettext -k ngettext:1,2 --no-location --sort-output --project riskmodel --version "" -o src/riskmodel/locale/messages.pot src/riskmodel
	$(RUN)pybabel -q update -i src/riskmodel/locale/messages.pot -d src/riskmodel/locale -N --ignore-obsolete --ignore-pot-creation-date --no-wrap

lock:  ## write the hashed lock anew (needs uv)
	$(LOCK) --extra build -o deploy/requirements/runtime.txt
	$(LOCK) --extra build --extra challenger --extra distributed --extra dev -o deploy/requirements/dev.txt

clean:  ## remove what was made
	rm -rf .venv .riskmodel .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
