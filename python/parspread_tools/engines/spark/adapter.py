"""What dbt-spark does in a session, with every statement of a model translated first."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlglot import exp

from parspread_tools.engines.spark.errors import Unsupported
from parspread_tools.engines.spark.relations import Relation, frame_of
from parspread_tools.engines.spark.session import local_session
from parspread_tools.engines.spark.sidecar import Sidecar
from parspread_tools.engines.spark.translate import translate

ON_DUCKDB = re.compile(r"\s*(?:/\*.*?\*/)?\s*-- on duckdb\s*\n(.*)", re.S)
MADE = re.compile(r"\s*(?:/\*.*?\*/)?\s*(create table \S+ using parquet as)\s+(.*)", re.I | re.S)
CONTRACT = re.compile(r"\s*-- contract ([^\n]*)")
QUERY = re.compile(r"\s*(?:/\*.*?\*/)?\s*((?:--[^\n]*\n\s*)*(?:select|with|from)\b.*)", re.I | re.S)
NODE = re.compile(r'"node_id":\s*"([^"]+)"')


class Seam:
    """The session of a build, DuckDB beside it, and the types of tables seen so far."""

    def __init__(self, options: dict[str, str]) -> None:
        folder = Path(os.environ.get("PARSPREAD_BUILD_DIR", "build"))
        self.store = folder.resolve() / "spark" / "tables"
        given = {k: v for k, v in options.items() if k != "spark.sql.ansi.enabled"}
        self.spark = local_session({"spark.sql.warehouse.dir": str(self.store), **given})
        self.sidecar = Sidecar(folder / "parspread.duckdb", self.spark)
        # What an earlier build has left: files that DuckDB handed over, and tables of models.
        handed = {tuple(f.stem.split(".", 1)): f for f in self.store.parent.glob("*.parquet")}
        made = {
            (f.parent.parent.stem, f.parent.name): f.parent
            for f in self.store.glob("*.db/*/_SUCCESS")
        }
        for (schema, name), place in sorted((handed | made).items()):
            self.spark.sql(f"create database if not exists `{schema}`")
            self.spark.sql(f"create table `{schema}`.`{name}` using parquet location '{place}'")

    def clear(self, table: str) -> None:
        """Remove a table and the files of one that an earlier build has left."""
        self.spark.sql(f"drop table if exists {table}")
        schema, _, name = table.replace("`", "").rpartition(".")
        shutil.rmtree(self.store / f"{schema}.db" / name, ignore_errors=True)

    def columns(self, parts: tuple[str, ...]) -> dict[str, str]:
        """Return DuckDB's names of the types of a table's columns."""
        named = ".".join(f"`{part}`" for part in parts)
        return {f.name: _kind(f.dataType) for f in self.spark.table(named).schema.fields}

    def numbers(self, sql: str) -> list[int]:
        """Return the whole numbers that a query finds."""
        return [int(row[0]) for row in self.spark.sql(sql).collect() if row[0] is not None]

    def contracted(self, body: str, model: str, declared: dict[str, str]) -> str:
        """Return a query with the columns and types that its contract declares, in that order."""
        found = {f.name.lower(): f.dataType for f in self.spark.sql(body).schema.fields}
        wrong = sorted({c.lower() for c in declared} ^ set(found))
        if wrong:
            raise Unsupported(f"other columns than its contract ({', '.join(wrong)})", "correct it")
        columns = []
        for name, kind in declared.items():
            to = exp.DataType.build(kind, dialect="duckdb").sql("spark")
            to = to.replace("UBIGINT", "DECIMAL(20, 0)")  # which Spark lacks
            is_text = to == "STRING" and found[name.lower()].simpleString() == "double"
            value = f"parspread_text(`{name}`)" if is_text else f"CAST(`{name}` AS {to})"
            columns.append(f"{value} AS `{name}`")
        return f"SELECT {', '.join(columns)} FROM (\n{body}\n) AS contracted"

    def run(self, sql: str) -> tuple[Any, list[str], list[tuple[Any, ...]]]:
        """Run a statement of dbt; return a frame of Spark, or names and rows of DuckDB."""
        beside = ON_DUCKDB.match(sql)
        if beside:
            names, rows = self.sidecar.run(beside[1].strip())
            return None, names, rows
        comment = NODE.search(sql)
        model = comment[1].split(".")[-1] if comment else "of this statement"
        made, query = MADE.match(sql), QUERY.match(sql)
        if made:
            self.clear(made[1].split()[2])
            contract = CONTRACT.match(made[2])
            body = translate(made[2], model, self.columns, self.numbers)
            if contract:
                body = self.contracted(body, model, json.loads(contract[1]))
            sql = f"{made[1]}\n{body}"
        elif query:
            sql = translate(query[1], model, self.columns, self.numbers)
        return self.spark.sql(sql), [], []


def _kind(kind: Any) -> str:
    """Return DuckDB's name of a type of Spark."""
    text = kind.simpleString()
    if text.startswith("array<"):
        return f"{_kind(kind.elementType)}[]"
    if text.startswith("struct<"):
        return f"struct({', '.join(f'{f.name} {_kind(f.dataType)}' for f in kind.fields)})"
    return {"string": "varchar", "timestamp_ntz": "timestamp"}.get(text, text)


_seam: list[Seam] = []


def seam(options: dict[str, str] | None = None) -> Seam:
    """Return the one seam of this process."""
    if not _seam:
        _seam.append(Seam(options or {}))
    return _seam[0]


def install() -> None:
    """Let dbt-spark's session method run statements through the seam."""
    from dbt.adapters.base import PythonJobHelper
    from dbt.adapters.spark import impl, session
    from dbt_common.exceptions import DbtRuntimeError

    def execute(self: Any, sql: str, *parameters: Any) -> None:
        try:
            self._df, names, self._rows = seam(self.server_side_parameters).run(sql)
        except Unsupported as problem:
            raise DbtRuntimeError(str(problem)) from problem
        except Exception as problem:
            raise DbtRuntimeError(" ".join(str(problem).split())[:2000]) from problem
        if self._df is None:
            self._names = names
        else:
            self._rows = None

    described: Callable[[Any], Any] = session.Cursor.description.fget

    def description(self: Any) -> Any:
        if self._df is not None:
            return described(self)
        return [
            (name, "string", None, None, None, None, True) for name in getattr(self, "_names", [])
        ]

    class SessionJob(PythonJobHelper):
        """Run a Python model in the session, on relations."""

        def __init__(self, parsed_model: dict[str, Any], credentials: Any) -> None:
            self.name = parsed_model["alias"]

        def submit(self, compiled_code: str) -> None:
            """Run the code that dbt has compiled, which stores a table."""
            names: dict[str, Any] = {"spark": _Tables(seam().spark), "store": _store}
            try:
                exec(compile(compiled_code, self.name, "exec"), names)
            except Unsupported as problem:
                problem.model = self.name
                raise DbtRuntimeError(str(problem)) from problem

    given = impl.SparkAdapter.python_submission_helpers.fget
    session.Cursor.execute = execute
    session.Cursor.description = property(description)
    impl.SparkAdapter.python_submission_helpers = property(
        lambda self: {**given(self), "session": SessionJob}
    )
    impl.SparkAdapter.default_python_submission_method = property(lambda self: "session")


def _store(made: Any, table: str) -> None:
    """Store what a Python model returns."""
    seam().clear(table)
    frame_of(made, seam().spark).write.format("parquet").saveAsTable(table)


class _Tables:
    """The session as dbt's generated code uses it, whose tables are relations."""

    def __init__(self, spark: Any) -> None:
        self.session = spark

    def table(self, name: str) -> Relation:
        """Return a table by the name that dbt gives it."""
        return Relation(self.session.table(name))
