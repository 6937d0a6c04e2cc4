# `make build` and `make test` are all that most people need.
PYTHON ?= python3
RUN := .venv/bin/python
INSTALLED := .venv/.installed

.PHONY: build test test-fast trust export diff sample-data docs picture benchmarks lint clean

build: $(INSTALLED)
	.venv/bin/dbt build
	$(RUN) -m parspread_tools.report
	$(RUN) -m parspread_tools.report.next_steps

# Processes of tests, one for each core; tests that share a build of their file stay together.
AT_ONCE := --numprocesses auto --dist loadgroup

# Builds what it needs, the sample included, in folders of its own.
test: $(INSTALLED)
	$(RUN) -m pytest $(AT_ONCE)

# For the loop of an edit and a look: what needs no build, properties on a tenth of their examples.
test-fast: $(INSTALLED)
	FAST_TESTS=1 $(RUN) -m pytest $(AT_ONCE) python/parspread tests/python/kernels \
		tests/python/properties tests/python/project $(addprefix tests/python/tools/test_,inputs.py basis_inputs.py settings.py)

# The long versions of the tests in docs/trust.md.
trust: $(INSTALLED)
	$(RUN) -m pytest -m trust

# The report tables of the current release as an Excel workbook; every public table as Parquet, in exports/.
export: $(INSTALLED)
	$(RUN) -m parspread_tools.report.workbook
	$(RUN) -m parspread_tools.report.exports

# The cells in which two releases differ, by default the last two: A=build id B=build id TABLE=schema.table
diff: $(INSTALLED)
	.venv/bin/parspread diff $(A) $(B) $(if $(TABLE),--table $(TABLE))

# Simulated files of a whole market: 93 million CDS quotes of 2,000 names over 20 years, 600,000 bond-months.
# NAMES=600 BONDS=2000 MONTHS=60 TENORS=5 FIRST=2016-01 writes 4.4 million quotes, ten times the committed sample.
SEED ?= 7
NAMES ?= 2000
BONDS ?= 8100
MONTHS ?= 240
FIRST ?= 2006-01
TENORS ?= 8
SAMPLE_DATA ?= build/sample-data
sample-data: $(INSTALLED)
	$(RUN) -m parspread_tools.sample --out $(SAMPLE_DATA) --seed $(SEED) --issuers $(NAMES) --bonds $(BONDS) \
		--months $(MONTHS) --first-month $(FIRST) --tenors $(TENORS)

# Every kernel, the build, publishing and queries against honest references; MARKET=1 takes the large sizes.
benchmarks: $(INSTALLED)
	$(RUN) -m parspread_tools.benchmarks $(if $(MARKET),--market) --charts docs/images

# The picture in the README: the top of the report page, drawn by Chromium.
picture: build
	sed '/^<style>$$/r docs/images/page.css' report.html > build/page.html
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=20000 \
		--window-size=1280,1180 --screenshot=docs/images/page.png file://$(CURDIR)/build/page.html

# How each number is made, a page per mart, from the YAML and the SQL as they stand.
docs: $(INSTALLED)
	.venv/bin/dbt parse
	$(RUN) -m parspread_tools.report.numbers

lint: $(INSTALLED)
	.venv/bin/ruff check python tests setup.py
	.venv/bin/ruff format --check python tests setup.py
	.venv/bin/sqlfluff lint --processes 0 models

# Runs again only when the lock or pyproject.toml changes; other runs need no network.
$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; v = sys.version_info[:2]; (3, 11) <= v < (3, 14) or sys.exit('Parspread needs Python 3.11 to 3.13; this is %d.%d; run make PYTHON=python3.12' % v)"
	test -x $(RUN) || $(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(INSTALLED)

clean:
	rm -rf build target logs
