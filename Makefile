# make lab    open the course in JupyterLab
# make test   all tests
# make build  notebooks/ and solutions/ from lessons/ (LESSONS="02_activations" for one)
# make grade  SUBMISSIONS=folder OUT=folder: grade notebooks
# make bench  the measurements (BENCH=--quick for short ones)

PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python
PIP    := $(RUN) -m pip install --disable-pip-version-check

# An environment whose Python no longer starts (moved, half made, or its Python upgraded away)
# is made anew: without these stamps nothing in it is believed.
ifneq ($(shell $(RUN) -m pip --version >/dev/null 2>&1 && echo works),works)
$(shell rm -f $(VENV)/learner.stamp $(VENV)/tests.stamp)
endif

.PHONY: lab test build grade bench help

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

lab: $(VENV)/learner.stamp
	@$(RUN) -m utils.lab $(LAB)

test: $(VENV)/tests.stamp
	@$(RUN) -m tests.suite

build: $(VENV)/learner.stamp
	@$(RUN) -m grader build $(LESSONS)

grade: $(VENV)/learner.stamp
	@$(RUN) -m grader grade $(SUBMISSIONS) --out $(OUT)

bench: $(VENV)/tests.stamp
	@for measure in bench/[a-z]*.py; do \
	    $(RUN) -m bench.$$(basename $$measure .py) $(BENCH) || exit 1; \
	done

# Nothing is installed while these files are unchanged.
$(VENV)/learner.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "The course needs Python 3.11 or newer, and $(PYTHON) is not. Say which: make lab PYTHON=python3.12" >&2; \
	    exit 1; }
	@$(RUN) -m pip --version >/dev/null 2>&1 || { \
	    echo "Making the environment $(VENV)"; \
	    $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing what the course needs into $(VENV); the first time takes some minutes"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/tests.stamp: requirements-dev.txt $(VENV)/learner.stamp
	@echo "Installing what the tests need into $(VENV)"
	@$(PIP) -r requirements-dev.txt
	@touch $@
