"""Every SQL model on Spark, each from the tables that DuckDB made, compared with DuckDB's own.

    python -m parspread_tools.engines.spark.one_by_one BUILD_DATABASE TARGET_FOLDER [MODEL ...]

needs the Spark environment. A difference is one of the model itself, not of what it reads.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from parspread_tools.engines.spark.equality import compare
from parspread_tools.engines.spark.errors import Unsupported
from parspread_tools.engines.spark.session import local_session
from parspread_tools.engines.spark.translate import translate
from parspread_tools.sql_text import identifier, literal


def sql_models(target: Path) -> Iterator[dict[str, Any]]:
    """Return the nodes of SQL models with what dbt compiled of them, in the order of a build."""
    manifest = json.loads((target / "manifest.json").read_text())
    project = manifest["metadata"]["project_name"]
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["language"] == "sql":
            path = target / "compiled" / project / node["original_file_path"]
            sql = node.get("compiled_code") or path.read_text()
            whole = sql.replace("__first_date__", "1000-01-01").replace(
                "__next_date__", "9999-12-31"
            )
            yield {**node, "compiled_code": whole}


class Tables:
    """DuckDB's tables as tables of a Spark session, made when they are first read."""

    def __init__(self, database: Path, folder: Path, spark: Any) -> None:
        self.connection = duckdb.connect(str(database), read_only=True)
        self.connection.execute("set threads = 2; set memory_limit = '2GB'")
        self.folder, self.spark, self.seen = folder, spark, set()

    def columns(self, parts: tuple[str, ...]) -> dict[str, str]:
        """Return the types of a table's columns, which Spark can read from now on."""
        schema, name = parts
        table = f"{identifier(schema)}.{identifier(name)}"
        described = self.connection.execute(f"describe {table}").fetchall()
        if parts not in self.seen and self.spark is not None:
            path = self.folder / f"{schema}.{name}.parquet"
            columns = ", ".join(_readable(column, kind) for column, kind, *_ in described)
            self.connection.execute(
                f"copy (select {columns} from {table}) to {literal(path)} (format parquet)"
            )
            self.spark.sql(f"create database if not exists `{schema}`")
            self.spark.sql(f"create table {schema}.`{name}` using parquet location '{path}'")
        self.seen.add(parts)
        return {name: kind for name, kind, *_ in described}

    def numbers(self, sql: str) -> list[int]:
        """Return the whole numbers that a Spark query finds."""
        rows = self.spark.sql(sql).collect()
        return [int(row[0]) for row in rows if row[0] is not None]


def _readable(column: str, kind: str) -> str:
    """Return a column in a type that Spark reads from Parquet."""
    name = identifier(column)
    wide = {"UBIGINT": "decimal(20, 0)", "HUGEINT": "decimal(38, 0)", "UINTEGER": "bigint"}
    return f"{name}::{wide[kind]} as {name}" if kind in wide else name


def try_model(node: dict[str, Any], tables: Tables) -> tuple[str, list[str]]:
    """Return equal, different, unsupported or failed, and why."""
    name = f"{node['schema']}.{node['alias']}"
    try:
        sql = translate(node["compiled_code"], node["name"], tables.columns, tables.numbers)
        made = tables.spark.sql(sql).toArrow()
    except Unsupported as problem:
        return "unsupported", [str(problem)]
    except Exception as problem:  # whatever Spark says
        return "failed", [f"{name}: {' '.join(str(problem).split())[:700]}"]
    tables.connection.register("made_by_spark", made)
    table = ".".join(identifier(part) for part in name.split("."))
    grain = node["config"]["meta"].get("grain") or []
    found = compare(tables.connection, table, "made_by_spark", grain)
    tables.connection.unregister("made_by_spark")
    return ("equal" if found.is_equal else "different"), found.lines(name)


def main(arguments: Sequence[str]) -> int:
    """Print what became of every model, or of those that are named."""
    if len(arguments) < 2:
        print(__doc__)
        return 2
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        spark = local_session({"spark.sql.warehouse.dir": folder})
        tables = Tables(Path(arguments[0]), Path(folder), spark)
        for node in sql_models(Path(arguments[1])):
            if arguments[2:] and node["name"] not in arguments[2:]:
                continue
            started = time.monotonic()
            state, lines = try_model(node, tables)
            layer = node["fqn"][1]
            counts[f"{layer} {state}"] += 1
            if state != "equal" or arguments[2:]:
                print(f"{state} {node['name']} {time.monotonic() - started:.1f} s", flush=True)
                print("".join(f"    {line}\n" for line in lines), end="", flush=True)
        for what, count in sorted(counts.items()):
            print(f"{what}: {count}")
    return 0 if all(what.endswith(" equal") for what in counts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
