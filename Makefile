# Each target sets up what it needs: only Python (>= 3.11) and make have to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo demo-video test check matrix clean

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gaitprint needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]' -e packages/gaitprint-video-models
	touch $@

demo: $(VENV)/ready  ## from nothing to a report, on synthetic walkers
	$(BIN)/gaitprint demo demo

demo-video: demo  ## from videos to names, on clips of synthetic walkers
	$(BIN)/python examples/video_demo.py demo demo-video

test: $(VENV)/ready  ## the default suite
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist loadfile

check: $(VENV)/ready  ## everything CI runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist loadfile --doctest-modules --ignore-glob='*/conftest.py' --cov --cov-report=term src tests

matrix: $(VENV)/ready  ## the suite on other machines: make matrix CELLS="avx2 python-3.13"
	$(BIN)/python tests/matrix.py $(CELLS)

clean:
	rm -rf $(VENV) .matrix demo demo-video
