# `make demo` and `make test` are all a newcomer needs; the rest is for working on the code.
PYTHON ?= python3
BIN    := .venv/bin
READY  := .venv/ready
# One BLAS thread: two made the re-draws up to ten times slower.
export OPENBLAS_NUM_THREADS = 1

.PHONY: demo test lint types imports check bench calibration soak clean

demo: $(READY)
	@$(BIN)/stagelift demo

test: $(READY)
	@$(BIN)/pytest -n 2 --cov --cov-report=
	@$(BIN)/coverage report --include='analysis/*,assignment/*' --fail-under=100
	@$(BIN)/coverage report --include='experiments/*,web/*' --fail-under=90

lint: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

imports: $(READY)
	@$(BIN)/lint-imports

check: test lint types imports

bench: $(READY)
	@$(BIN)/python -m benchmarks

calibration: $(READY)
	@$(BIN)/python -m tests.calibration

soak: $(READY)
	@$(BIN)/python -m tests.soak

clean:
	rm -rf .venv .demo .calibration

# The marker is younger than both files only when the environment holds what they name.
$(READY): pyproject.toml constraints.txt
	@echo "Preparing the environment in .venv (once, about a minute)..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@
