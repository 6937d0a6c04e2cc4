# `make build` and `make test` are all that most people need.
PYTHON ?= python3
RUN := .venv/bin/python
INSTALLED := .venv/.installed

.PHONY: build test test-fast trust export diff superset test-superset explore spark test-spark sample-data docs picture benchmarks lint clean

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

# An environment of its own for Spark, which needs Java 17; docs/guides/spark.md.
SPARK_RUN := .venv-spark/bin/python
spark: .venv-spark/.installed
.venv-spark/.installed: python/parspread_tools/engines/spark/requirements.txt
	test -x $(SPARK_RUN) || $(PYTHON) -m venv .venv-spark
	$(SPARK_RUN) -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

# The rules on both engines; then both engines build a small sample, sweeps too, and every public table is compared.
SPARK_TEST ?= build/spark-test
SPARK_HOME := $(abspath $(SPARK_TEST))
# Statements of a small sample end before a better plan or compilation of them would pay.
SPARK_SMALL := PYSPARK_SUBMIT_ARGS="--conf spark.sql.adaptive.enabled=false pyspark-shell" \
	JDK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
SPARK_BUILD = cd $(SPARK_HOME)/project && PYTHONPATH=$(CURDIR)/python PARSPREAD_SPARK_PUBLISH=yes PARSPREAD_DATA_DIR=$(SPARK_HOME)/data \
	PARSPREAD_AS_OF_DATE=2026-01-31 PARSPREAD_BUILD_DIR=$(SPARK_HOME)/$(1)/build PARSPREAD_PUBLISH_DIR=$(SPARK_HOME)/$(1) \
	DBT_TARGET_PATH=$(SPARK_HOME)/$(1)/target
test-spark: $(INSTALLED) spark
	$(SPARK_SMALL) PYTHONPATH=python $(SPARK_RUN) -m pytest tests/python/tools/test_spark.py -k rows_of
	rm -rf $(foreach part,project data duckdb spark,$(SPARK_HOME)/$(part))
	mkdir -p $(SPARK_HOME)/project
	cp -r dbt_project.yml profiles.yml selectors.yml macros models seeds tests $(SPARK_HOME)/project
	sed 's/,false$$/,true/' seeds/catalog/sweeps.csv > $(SPARK_HOME)/project/seeds/catalog/sweeps.csv
	$(MAKE) sample-data SAMPLE_DATA=$(SPARK_HOME)/data NAMES=20 BONDS=60 MONTHS=24
	$(call SPARK_BUILD,duckdb) $(CURDIR)/.venv/bin/dbt build
	$(call SPARK_BUILD,spark) $(SPARK_SMALL) $(CURDIR)/.venv-spark/bin/dbt build --target spark
	PYTHONPATH=python $(SPARK_RUN) -m parspread_tools.engines.spark.equality $(SPARK_HOME)/duckdb/parspread.duckdb \
		$(SPARK_HOME)/spark/parspread.duckdb $(SPARK_HOME)/spark/target/manifest.json

# The report tables of the current release as an Excel workbook; every public table as Parquet, in exports/.
export: $(INSTALLED)
	$(RUN) -m parspread_tools.report.workbook
	$(RUN) -m parspread_tools.report.exports

# The cells in which two releases differ, by default the last two: A=build id B=build id TABLE=schema.table
diff: $(INSTALLED)
	.venv/bin/parspread diff $(A) $(B) $(if $(TABLE),--table $(TABLE))

# Apache Superset with the dashboards of dashboards/ on http://127.0.0.1:8088, in an environment of its own.
SUPERSET := .venv-superset/.installed
superset: $(INSTALLED) $(SUPERSET)
	$(RUN) -m parspread_tools.dashboards.serve

# Also writes the pictures of both dashboards in docs/images.
test-superset: $(INSTALLED) $(SUPERSET)
	TEST_PICTURES=docs/images $(RUN) -m pytest tests/python/tools/test_superset.py

$(SUPERSET): dashboards/superset_requirements.txt
	$(PYTHON) -c "import sys; v = sys.version_info[:2]; v == (3, 11) or sys.exit('Superset needs Python 3.11; this is %d.%d; run make PYTHON=python3.11 superset' % v)"
	test -x .venv-superset/bin/python || $(PYTHON) -m venv .venv-superset
	.venv-superset/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	touch $(SUPERSET)

# The release and the dashboards as a folder for any static web server; needs npm once.
explore: $(INSTALLED)
	$(RUN) -m parspread_tools.dashboards.explore

# Simulated files of a whole market: 93 million CDS quotes of 2,000 names over 20 years, 600,000 bond-months.
# NAMES=600 BONDS=2000 MONTHS=60 TENORS=5 FIRST=2016-01 writes 4.4 million quotes, ten times the committed sample;
# DAYS=500 ends the market files after so many sessions from 2013 on.
SEED ?= 7
NAMES ?= 2000
BONDS ?= 8100
MONTHS ?= 240
FIRST ?= 2006-01
TENORS ?= 8
SAMPLE_DATA ?= build/sample-data
sample-data: $(INSTALLED)
	$(RUN) -m parspread_tools.sample --out $(SAMPLE_DATA) --seed $(SEED) --issuers $(NAMES) --bonds $(BONDS) \
		--months $(MONTHS) --first-month $(FIRST) --tenors $(TENORS) $(if $(DAYS),--sessions $(DAYS))

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
