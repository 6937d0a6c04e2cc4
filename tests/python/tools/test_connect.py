"""The connections that the documentation hands out can read the warehouse and nothing else.

`read_only` alone is no sandbox: it reads any file of the machine and writes new ones. Every recipe
of docs/connect.md is taken from the page as it stands and has to refuse every way out.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import duckdb
import pytest

import escapes
from conftest import ROOT, Build
from escapes import ESCAPES, LOGGING, SPILLS, TEST_MEMORY

PAGE = (ROOT / "docs" / "connect.md").read_text()
RECIPES = ("python", "command line", "sqlalchemy", "jdbc", "initial statement")
READ_ONLY = {"access_mode": "READ_ONLY"}


def block(language: str, heading: str) -> str:
    """Return the code block of a language in the section of a heading."""
    section = PAGE.split(f"## {heading}")[1].split("\n## ")[0]
    return re.search(rf"```{language}\n(.*?)```", section, flags=re.S).group(1)


def connect(recipe: str, folder: Path) -> duckdb.DuckDBPyConnection:
    """Open `folder`'s warehouse as a recipe of the page says."""
    path = str(folder / "parspread.duckdb")
    if recipe == "python":
        names: dict = {}
        exec(block("python", "Python").replace("parspread.duckdb", path), names)
        return names["warehouse"]
    if recipe == "sqlalchemy":
        # The driver hands the query of the address to the engine as its configuration.
        query = urlsplit(block("", "SQLAlchemy").strip()).query
        return duckdb.connect(path, config=dict(parse_qsl(query, strict_parsing=True)))
    if recipe == "jdbc":
        lines = block("properties", "JDBC").split()
        properties = dict(line.split("=") for line in lines)
        assert properties.pop("duckdb.read_only") == "true"
        return duckdb.connect(path, config=READ_ONLY | properties)
    if recipe == "command line":
        command = block("sh", "Command line")
        assert " -readonly " in command
        statements = re.search(r'-cmd "(.*?)"', command, flags=re.S).group(1)
    else:
        statements = block("sql", "Metabase")
    connection = duckdb.connect(path, read_only=True)
    connection.execute(statements)
    return connection


def small_warehouse(folder: Path) -> Path:
    """Write a small warehouse beside a file that is none of its readers' business."""
    with duckdb.connect(str(folder / "parspread.duckdb")) as writer:
        writer.execute("create table name as select 1 as number")
    (folder / "outside.csv").write_text("secret\n42\n")
    return folder


@pytest.fixture(params=RECIPES)
def connection(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection as a recipe of the page makes one."""
    with connect(request.param, small_warehouse(tmp_path)) as opened:
        yield opened


def outcomes(config: dict, first: str, folder: Path, python: str = sys.executable) -> list:
    """Return the engine's version and what became of every escape, each in a fresh process."""
    asked = {"config": config, "first": first, "statements": ESCAPES, "folder": str(folder)}
    variables = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = [python, escapes.__file__]
    done = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, env=variables
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def python_config() -> dict[str, str]:
    """Return the settings of the Python recipe, with the memory of a test."""
    call = re.search(r"config=(\{.*?\})", block("python", "Python"), flags=re.S).group(1)
    return ast.literal_eval(call) | TEST_MEMORY


def test_every_recipe_reads_the_warehouse_and_has_the_same_limits(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """A sandbox that refuses everything would be useless."""
    assert connection.execute("select number from name").fetchall() == [(1,)]
    settings = (
        "select current_setting('access_mode'), current_setting('enable_external_access'), "
        "current_setting('temp_directory'), current_setting('memory_limit'), "
        "current_setting('threads'), current_setting('lock_configuration')"
    )
    assert connection.execute(settings).fetchall() == [
        ("read_only", False, "/dev/null", "3.7 GiB", 4, True)
    ]


def test_every_recipe_refuses_every_way_out(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """No file of the machine is read, none is written, no setting is undone."""
    before = sorted(tmp_path.rglob("*"))
    escaped = []
    for escape in ESCAPES:
        if escape in (*LOGGING, *SPILLS):  # only in processes of their own
            continue
        statement = escape.format(outside=tmp_path / "outside.csv", folder=tmp_path)
        try:
            connection.execute(statement).fetchall()
        except duckdb.Error:
            continue
        escaped.append(statement)
    assert escaped == []
    assert sorted(tmp_path.rglob("*")) == before


def test_every_way_out_is_closed_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Nothing that one statement leaves behind may help or hide the next; spills included.

    What the page says in bold is true of this engine: it does not lock its log.
    """
    before = sorted(small_warehouse(tmp_path).rglob("*"))
    _, found = outcomes(python_config(), "", tmp_path)
    assert len(found) == len(ESCAPES) >= 129
    escaped = {statement for statement, outcome in found.items() if outcome != "refused"}
    assert "call enable_logging('QueryLog')" in escaped <= set(LOGGING)
    assert "killed" in found.values()
    assert "**A tool that several people share needs DuckDB 2.**" in PAGE
    assert sorted(tmp_path.rglob("*")) == before


def test_read_only_alone_would_let_them_out(tmp_path: Path) -> None:
    """The escapes are real: without the settings they work."""
    small_warehouse(tmp_path)
    with duckdb.connect(str(tmp_path / "parspread.duckdb"), read_only=True) as opened:
        for escape in (
            "select * from read_text('{outside}')",
            "select * from '{outside}'",
            "select * from glob('{folder}/*')",
            "copy (select 1) to '{folder}/written.csv'",
            "export database '{folder}/written'",
        ):
            assert escape in ESCAPES
            opened.execute(escape.format(outside=tmp_path / "outside.csv", folder=tmp_path))
    assert (tmp_path / "written.csv").exists()


@pytest.mark.parametrize(
    "position, module", list(enumerate(("polars", "ibis", "adbc_driver_duckdb")))
)
def test_a_client_of_the_page_reads_the_measures(sample: Build, position: int, module: str) -> None:
    """As the block of the page stands; what is not installed is skipped."""
    pytest.importorskip(module if module != "ibis" else "ibis.backends.duckdb")
    if module.startswith("adbc"):
        pytest.importorskip("adbc_driver_manager")
    section = PAGE.split("## polars, Ibis, ADBC")[1].split("\n## ")[0]
    code = re.findall(r"```python\n(.*?)```", section, flags=re.S)[position]
    names: dict = {}
    exec(code.replace("parspread.duckdb", str(sample.release)), names)
    read = names["strategies" if module.startswith("adbc") else "months"]
    view = "strategies" if module.startswith("adbc") else "basis_months"
    assert sample.query(f"select count(*) from metrics.{view}") == [(len(read),)]
