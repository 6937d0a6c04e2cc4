"""The connections that the documentation hands out can read the warehouse and nothing else.

`read_only` alone is no sandbox: it reads any file of the machine and writes new ones. Every recipe
of docs/connect.md is taken from the page as it stands and has to refuse every way out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import duckdb
import pytest

from conftest import ROOT

PAGE = (ROOT / "docs" / "connect.md").read_text()
RECIPES = ("python", "command line", "sqlalchemy", "jdbc", "initial statement")
READ_ONLY = {"access_mode": "READ_ONLY"}

ESCAPES = (
    "select * from read_text('{outside}')",
    "select * from read_csv('{outside}')",
    "select * from read_parquet('{outside}')",
    "select * from '{outside}'",
    "select * from glob('{folder}/*')",
    "select * from sniff_csv('{outside}')",
    "copy (select 1) to '{folder}/written.csv'",
    "export database '{folder}/written'",
    "attach '{folder}/written.duckdb' as other",
    "install httpfs",
    "load httpfs",
    "select * from read_csv('https://127.0.0.1:1/a.csv')",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set allowed_directories = ['/']",
    "pragma profiling_output = '{folder}/written.json'",
    "pragma temp_directory = '{folder}'",
    "reset enable_external_access",
    "select getenv('HOME')",
    "create table written as select 1",
    "import database '{folder}'",
    "create persistent secret leaked (type s3, key_id 'a', secret 'b')",
)


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
        statements = re.search(r'-cmd "(.*?)"', command).group(1)
    else:
        statements = block("sql", "Metabase")
    connection = duckdb.connect(path, read_only=True)
    connection.execute(statements)
    return connection


@pytest.fixture(params=RECIPES)
def connection(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection to a small warehouse beside a file that is none of its business."""
    with duckdb.connect(str(tmp_path / "parspread.duckdb")) as writer:
        writer.execute("create table name as select 'one' as build_id")
    (tmp_path / "outside.csv").write_text("secret\n42\n")
    with connect(request.param, tmp_path) as opened:
        yield opened


def test_every_recipe_reads_the_warehouse(connection: duckdb.DuckDBPyConnection) -> None:
    """A sandbox that refuses everything would be useless."""
    assert connection.execute("select build_id from name").fetchall() == [("one",)]


def test_every_recipe_refuses_every_way_out(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """No file of the machine is read, none is written, no setting is undone."""
    before = sorted(tmp_path.rglob("*"))
    escaped = []
    for escape in ESCAPES:
        statement = escape.format(outside=tmp_path / "outside.csv", folder=tmp_path)
        try:
            connection.execute(statement).fetchall()
        except duckdb.Error:
            continue
        escaped.append(statement)
    assert escaped == []
    assert sorted(tmp_path.rglob("*")) == before


def test_read_only_alone_would_let_them_out(tmp_path: Path) -> None:
    """The escapes are real: without the two settings they work."""
    with duckdb.connect(str(tmp_path / "parspread.duckdb")) as writer:
        writer.execute("create table name as select 'one' as build_id")
    (tmp_path / "outside.csv").write_text("secret\n42\n")
    with duckdb.connect(str(tmp_path / "parspread.duckdb"), read_only=True) as opened:
        for escape in ESCAPES[:2] + ESCAPES[3:8]:
            opened.execute(escape.format(outside=tmp_path / "outside.csv", folder=tmp_path))
    assert (tmp_path / "written.csv").exists()
