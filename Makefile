# Two targets do everything on a machine with Python 3.11 to 3.13, make and git: build and test.
PYTHON ?= python3
RUN := .venv/bin/python
INSTALLED := .venv/.installed

.PHONY: build test trust export docs lint clean

build: $(INSTALLED)
	.venv/bin/dbt build
	$(RUN) -m parspread_tools.report
	$(RUN) -m parspread_tools.report.next_steps

test: build
	$(RUN) -m pytest
	$(RUN) -m parspread_tools.report.next_steps

# The long versions of what docs/trust.md promises.
trust: $(INSTALLED)
	$(RUN) -m pytest -m trust

# The report tables of the published warehouse as a workbook.
export: $(INSTALLED)
	$(RUN) -m parspread_tools.report.workbook

# How each number is made, a page per mart, from the YAML and the SQL as they stand.
docs: $(INSTALLED)
	.venv/bin/dbt parse
	$(RUN) -m parspread_tools.report.numbers

lint: $(INSTALLED)
	.venv/bin/ruff check python tests
	.venv/bin/ruff format --check python tests
	.venv/bin/sqlfluff lint --processes 0 models

# Installed once per version of the lock; later runs need no network.
$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; v = sys.version_info[:2]; (3, 11) <= v < (3, 14) or sys.exit('Parspread needs Python 3.11 to 3.13; this is %d.%d; run make PYTHON=python3.12' % v)"
	test -x $(RUN) || $(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(INSTALLED)

clean:
	rm -rf build target logs
