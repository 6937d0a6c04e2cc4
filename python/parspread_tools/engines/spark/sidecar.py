"""DuckDB beside Spark: the input checks before the run, catalogs, and the release after it.

The connection is that of the build database, with the functions that every build has. Macros send
it their statements with the first line `-- on duckdb`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from parspread_tools.engines.spark.errors import Unsupported
from parspread_tools.engines.spark.relations import narrow
from parspread_tools.sql_text import identifier, literal

FIRST_DAY, INFINITE_DAY = -719_162, 2_147_483_647  # 0001-01-01, and DuckDB's infinity


def check_days(batch: pa.RecordBatch, table: str) -> None:
    """Refuse days that Spark has no date for, or writes as another text."""
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_date32(field.type):
            ends = pc.min_max(column.cast(pa.int32())).as_py()
            if ends["min"] is not None and (ends["min"] < FIRST_DAY or ends["max"] == INFINITE_DAY):
                refusal = Unsupported(
                    f"infinite days, or days before Christ, in {field.name}",
                    "leave them out of the vendor files",
                )
                refusal.model = table
                raise refusal


class Sidecar:
    """The DuckDB connection of a Spark build."""

    def __init__(self, build_file: Path, spark: Any) -> None:
        import duckdb
        from dbt.adapters.duckdb.credentials import DuckDBCredentials

        from parspread_tools.publish.dbt_plugin import Plugin

        build_file.parent.mkdir(parents=True, exist_ok=True)
        credentials = DuckDBCredentials(path=str(build_file), schema="main", database="parspread")
        plugin = Plugin("parspread", {}, credentials)
        self.spark, self.folder = spark, build_file.parent.resolve() / "spark"
        self.folder.mkdir(exist_ok=True)
        self.connection = duckdb.connect(str(build_file))
        plugin.configure_connection(self.connection)

    def run(self, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run a statement; return the names and rows of what it gives."""
        order, _, given = statement.partition(":")
        if order == "expose vendor":
            self.expose_vendor()
            return [], []
        if order == "pull":
            self.pull(json.loads(given))
            return [], []
        if order == "seed":
            self.seed(**json.loads(given))
            return [], []
        done = self.connection.execute(statement)
        names = [column[0] for column in done.description or []]
        return names, done.fetchall()

    def expose_vendor(self) -> None:
        """Give Spark the vendor files as the checks say that they are read."""
        names = self.connection.execute(
            "select view_name from duckdb_views() where schema_name = 'vendor' "
            "union all select table_name from duckdb_tables() where schema_name = 'vendor'"
        ).fetchall()
        for (name,) in names:
            self.hand_over("vendor", name)

    def seed(self, schema: str, name: str, path: str, types: dict[str, str]) -> None:
        """Read a catalog with its column types, as a build on DuckDB does."""
        columns = ", ".join(f"{identifier(c)} {k}" for c, k in types.items())
        table = f"{identifier(schema)}.{identifier(name)}"
        self.connection.execute(f"create schema if not exists {identifier(schema)}")
        self.connection.execute(f"create or replace table {table} ({columns})")
        self.connection.execute(f"copy {table} from {literal(path)} (format csv, header true)")
        self.hand_over(schema, name)

    def hand_over(self, schema: str, name: str) -> None:
        """Make a table of DuckDB one of Spark."""
        table = f"{identifier(schema)}.{identifier(name)}"
        path = self.folder / f"{schema}.{name}.parquet"
        reader = self.connection.execute(f"select * from {table}").to_arrow_reader(100_000)
        kinds = narrow(pa.Table.from_batches([], schema=reader.schema)).schema
        with pq.ParquetWriter(path, kinds) as writer:
            for batch in reader:
                check_days(batch, f"{schema}.{name}")
                writer.write_table(pa.Table.from_batches([batch]).cast(kinds))
        self.spark.sql(f"create database if not exists `{schema}`")
        self.spark.sql(f"drop table if exists `{schema}`.`{name}`")
        self.spark.sql(f"create table `{schema}`.`{name}` using parquet location '{path}'")

    def pull(self, tables: list[dict[str, Any]]) -> None:
        """Copy tables of Spark into the build database, from which a release is made."""
        beside = [("staging", "stg_build__input_files")]  # what publishing reads besides
        for schema, name in [(t["schema"], t["name"]) for t in tables] + beside:
            made = self.spark.table(f"`{schema}`.`{name}`").toArrow()
            self.connection.execute(f"create schema if not exists {identifier(schema)}")
            self.connection.register("made_by_spark", made)
            self.connection.execute(
                f"create or replace table {identifier(schema)}.{identifier(name)} as "
                "select * from made_by_spark"
            )
            self.connection.unregister("made_by_spark")
