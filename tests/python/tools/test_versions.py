"""A published file opens in the tools that readers have, and the project builds on the next engine.

The versions stand in docs/connect.md and are taken from there. Each is installed into an
environment of its own, so these tests need a package index, and skip when there is none.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from test_connect import PAGE, block, outcomes, python_config, small_warehouse

from conftest import ROOT, Build, run_dbt
from escapes import LOGGING
from parspread_tools.publish.fingerprints import BY_TEXT, statement

VERSIONS = re.findall(r"\d+\.\d+\.\d+", re.search(r"^Tested with DuckDB (.*)$", PAGE, re.M)[1])
PINS = [line.split("#")[0] for line in block("sh", "SQLAlchemy").splitlines()]

# Reads what a tool reads, by the recipe of the page, and prints it.
READ = """
import json, sys
import duckdb

exec(json.loads(sys.argv[1]))
tables = warehouse.execute(
    "select schema_name, table_name, comment from duckdb_tables() order by all").fetchall()
functions = warehouse.execute(
    "select function_name, comment from duckdb_functions() "
    "where schema_name = 'cds_bond' order by all"
).fetchall()
price = warehouse.execute("select cds_bond.triangle_price_pct_par(60, 100, 5, 0.04)").fetchall()
counts = [warehouse.execute(f'select count(*) from "{s}"."{t}"').fetchall() for s, t, _ in tables]
score = warehouse.execute("from reports.rpt_strategy_scorecard order by all").fetchall()
seen = [tables, counts, repr(score), functions, price]
print(json.dumps([duckdb.__version__, seen]))
"""

# The same through SQLAlchemy: what Superset or a notebook lists, and a query.
REFLECT = """
import json, sys, warnings
import duckdb, sqlalchemy

warnings.simplefilter("ignore")
address, outside = json.loads(sys.argv[1])
engine = sqlalchemy.create_engine(address)
inspector = sqlalchemy.inspect(engine)
seen = {}
for schema in inspector.get_schema_names():
    if schema.split(".")[0] in ("system", "temp"):
        continue
    for table in inspector.get_table_names(schema=schema):
        columns = inspector.get_columns(table, schema=schema)
        comment = inspector.get_table_comment(table, schema=schema)["text"]
        seen[f"{schema.split('.')[-1]}.{table}"] = [
            comment, [(c["name"], c.get("comment")) for c in columns]]
metadata = sqlalchemy.MetaData()
table = sqlalchemy.Table(
    "rpt_strategy_scorecard", metadata, schema="reports", autoload_with=engine)
with engine.connect() as connection:
    count = connection.execute(
        sqlalchemy.select(sqlalchemy.func.count()).select_from(table)).scalar()
refused = 0
for statement in (f"select * from read_text('{outside}')", "create table written as select 1"):
    with engine.connect() as connection:
        try:
            connection.execute(sqlalchemy.text(statement)).fetchall()
        except sqlalchemy.exc.DBAPIError:
            refused += 1
print(json.dumps([sqlalchemy.__version__, duckdb.__version__, seen, count, refused]))
"""


def pip(python: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run pip of an interpreter."""
    quiet = ["--quiet", "--disable-pip-version-check"]
    command = [python, "-m", "pip", arguments[0], *quiet, *arguments[1:]]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="session")
def index() -> None:
    """Skip without a package index; a pin that does not exist must fail, not skip."""
    answer = pip(sys.executable, "install", "--dry-run", "--retries=0", "duckdb==9999")
    if not re.search(r"from versions: \d", answer.stderr):
        pytest.skip("needs a package index for other versions of DuckDB; none can be reached")


def environment(folder: Path, *packages: str) -> str:
    """Return the interpreter of a new environment with these packages."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    done = pip(python, "install", *packages)
    assert done.returncode == 0, done.stderr
    return python


def run(python: str, script: str, argument: object) -> list:
    """Return what a script prints as JSON, run by an interpreter without the project's paths."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = [python, "-c", script, json.dumps(argument)]
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_release_has_the_format_that_older_tools_open(sample: Build) -> None:
    """DuckDB 2.0 would write one by default that 1.5 refuses."""
    assert sample.query(
        "select tags['storage_version'] from duckdb_databases() where not internal"
    ) == [("v1.2.0+",)]


def test_the_engine_of_the_project_is_among_the_tested_versions() -> None:
    """The page must not promise versions around a gap."""
    assert duckdb.__version__ in VERSIONS
    assert {v.rsplit(".", 1)[0] for v in VERSIONS} == {"1.4", "1.5", "2.0"}
    assert all(re.search(r'"sqlalchemy==', pins) for pins in PINS) and len(PINS) == 3


@pytest.mark.trust
@pytest.mark.parametrize("version", VERSIONS)
def test_a_release_reads_the_same_in_every_version(
    sample: Build, tmp_path: Path, index: None, version: str
) -> None:
    """Tables, descriptions, rows and figures; and the recipes close every way out there too."""
    recipe = block("python", "Python").replace("parspread.duckdb", str(sample.release))
    python = environment(tmp_path / "tool", f"duckdb=={version}")
    found_version, found = run(python, READ, recipe)
    assert found_version == version and found == run(sys.executable, READ, recipe)[1]
    assert len(found[0]) > 40
    (tmp_path / "small").mkdir()
    folder = small_warehouse(tmp_path / "small")
    statement = block("sql", "Metabase").replace("4GB", "200MB")
    before = sorted(folder.rglob("*"))
    for config, first in ((python_config(), ""), ({"access_mode": "READ_ONLY"}, statement)):
        _, found = outcomes(config, first, folder, python)
        escaped = {statement for statement, outcome in found.items() if outcome != "refused"}
        assert escaped <= (set() if version.startswith("2.") else set(LOGGING))
    assert sorted(folder.rglob("*")) == before


@pytest.mark.trust
@pytest.mark.parametrize("pins", PINS)
def test_sqlalchemy_sees_tables_columns_and_comments(
    sample: Build, tmp_path: Path, index: None, pins: str
) -> None:
    """What a BI tool lists through the address of the page, and what it may not do."""
    packages = re.findall(r'"([^"]+)"', pins)
    python = environment(tmp_path / "tool", *packages)
    address = block("", "SQLAlchemy").strip()
    address = address.replace("//absolute/path/parspread.duckdb", f"/{sample.release}")
    sqlalchemy, engine, seen, count, refused = run(python, REFLECT, [address, str(ROOT)])
    assert {f"sqlalchemy=={sqlalchemy}", f"duckdb=={engine}"} <= set(packages)
    expected = sample.query(
        "select schema_name || '.' || table_name, any_value(t.comment), "
        "list([column_name, c.comment] order by column_index) "
        "from duckdb_tables() as t join duckdb_columns() as c using (schema_name, table_name) "
        "group by all order by all"
    )
    assert seen == {name: [comment, columns] for name, comment, columns in expected}
    assert refused == 2
    assert sample.query("select count(*) from reports.rpt_strategy_scorecard") == [(count,)]


@pytest.mark.trust
def test_the_project_builds_on_the_next_engine(sample: Build, tmp_path: Path, index: None) -> None:
    """Same content: interpolated percentiles alone differ, in their last digit."""
    done = pip(sys.executable, "install", "--target", str(tmp_path), f"duckdb=={VERSIONS[-1]}")
    assert done.returncode == 0, done.stderr
    paths = f"{ROOT / 'python'}{os.pathsep}{tmp_path}"
    variables = {"PYTHONPATH": paths}
    build = run_dbt(tmp_path / "home", "build", environment=variables, is_fresh=True)
    assert build.exit_code == 0, build.output
    (version,) = build.query("select duckdb_version from quality.dim_build")
    assert version == (f"v{VERSIONS[-1]}",)
    tables = "select schema_name, table_name from quality.fct_table_fingerprints order by all"
    assert sample.query(tables) == build.query(tables)
    prints = [statement(*table, BY_TEXT) for table in sample.query(tables)]
    assert {
        name
        for (_, name), text in zip(sample.query(tables), prints, strict=True)
        if sample.query(text) != build.query(text)
    } <= {"fct_basis_summary"}
    summary = (
        "from cds_bond.fct_basis_summary order by method, analysis_period, rating_group, measure"
    )
    pd.testing.assert_frame_equal(sample.frame(summary), build.frame(summary), rtol=0, atol=1e-9)
