# make report   install into .venv, run the workbook on the demo returns, print the page to open
# make test     the fast tests, on the committed notebooks and on whatever data are present
DATA   ?= demo
JOBS   ?=
PYTHON ?= python3.11

BIN      := .venv/bin
INSTALLED := .venv/.installed
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
export OPENBLAS_NUM_THREADS := 1

.PHONY: report test test-slow lint lab notebooks lock clean help

help:
	@sed -n '1,2s/^# //p' Makefile
	@echo 'make report DATA=open   the same on the published returns (see README)'
	@echo 'make lab                JupyterLab on the notebooks'
	@echo 'make notebooks          re-execute the committed notebooks on the demo returns'
	@echo 'make lock               refresh uv.lock and the hashed exports'

$(INSTALLED): uv.lock pyproject.toml requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 13)))' \
	  || { echo 'Python 3.11, 3.12 or 3.13 is needed: make report PYTHON=/path/to/python3.11'; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	$(BIN)/uv sync --quiet --frozen --inexact --python $(BIN)/python
	@touch $@

report: $(INSTALLED)
	$(BIN)/ics-maturity run --data $(DATA) $(if $(JOBS),--jobs $(JOBS))

test: $(INSTALLED) lint
	$(BIN)/ics-maturity run --data demo $(if $(JOBS),--jobs $(JOBS))
	$(BIN)/python -m pytest -m 'not slow' -n $(or $(JOBS),2) --dist loadfile
	$(BIN)/python -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout 300 -n $(or $(JOBS),2) --dist loadfile notebooks

test-slow: $(INSTALLED)
	$(BIN)/uv sync --quiet --frozen --inexact --python $(BIN)/python --group fuzz
	$(BIN)/ics-maturity run --data demo $(if $(JOBS),--jobs $(JOBS))
	$(BIN)/python -m pytest -m slow -n $(or $(JOBS),2) --dist loadgroup

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lab: $(INSTALLED)
	$(BIN)/uv sync --quiet --frozen --inexact --python $(BIN)/python --group lab
	$(BIN)/jupyter trust notebooks/*.ipynb  # or figures show only when a cell has run
	$(BIN)/jupyter lab notebooks

notebooks: $(INSTALLED)
	$(BIN)/python tools/execute_notebooks.py

lock: $(INSTALLED)
	$(BIN)/uv lock
	$(BIN)/uv export --quiet --frozen --no-emit-project --no-annotate --no-header --only-group bootstrap -o requirements/bootstrap.txt
	$(BIN)/uv export --quiet --frozen --no-emit-project --no-annotate --no-header --all-groups -o requirements/all.txt

clean:
	rm -rf .venv data/processed/demo data/processed/open reports/demo
