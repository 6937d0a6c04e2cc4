# `make build` and `make test` are all that most people need.
PYTHON ?= python3
RUN := .venv/bin/python
INSTALLED := .venv/.installed

.PHONY: build test trust export docs picture benchmarks lint clean

build: $(INSTALLED)
	.venv/bin/dbt build
	$(RUN) -m parspread_tools.report
	$(RUN) -m parspread_tools.report.next_steps

test: build
	$(RUN) -m pytest
	$(RUN) -m parspread_tools.report.next_steps

# The long versions of the tests in docs/trust.md.
trust: $(INSTALLED)
	$(RUN) -m pytest -m trust

# The report tables of the current release as an Excel workbook.
export: $(INSTALLED)
	$(RUN) -m parspread_tools.report.workbook

# Every kernel, the build, publishing and queries against honest references; MARKET=1 takes the large sizes.
benchmarks: $(INSTALLED)
	$(RUN) -m parspread_tools.benchmarks $(if $(MARKET),--market) --charts docs/images

# The picture in the README: a part of the report page, drawn by Chromium.
picture: build
	sed '/^<style>$$/r docs/images/page.css' report.html > build/page.html
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=20000 \
		--window-size=1500,980 --screenshot=docs/images/page.png file://$(CURDIR)/build/page.html

# How each number is made, a page per mart, from the YAML and the SQL as they stand.
docs: $(INSTALLED)
	.venv/bin/dbt parse
	$(RUN) -m parspread_tools.report.numbers

lint: $(INSTALLED)
	.venv/bin/ruff check python tests
	.venv/bin/ruff format --check python tests
	.venv/bin/sqlfluff lint --processes 0 models

# Runs again only when the lock or pyproject.toml changes; other runs need no network.
$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; v = sys.version_info[:2]; (3, 11) <= v < (3, 14) or sys.exit('Parspread needs Python 3.11 to 3.13; this is %d.%d; run make PYTHON=python3.12' % v)"
	test -x $(RUN) || $(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(INSTALLED)

clean:
	rm -rf build target logs
