"""A Spark table as Python models ask for one: the methods of a DuckDB relation that they use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import sqlglot
from sqlglot import exp

from parspread_tools.engines.spark.errors import Unsupported


def _in_spark(text: str) -> str:
    """Return a condition or a list of columns in Spark's SQL."""
    tree = sqlglot.parse_one(f"select {text}", read="duckdb")
    return ", ".join(e.sql("spark") for e in tree.selects)


class Relation:
    """What a model's `dbt.ref` returns on Spark."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def filter(self, condition: str) -> Relation:
        """Return the rows that satisfy a condition."""
        return Relation(self.frame.filter(_in_spark(condition)))

    def order(self, columns: str) -> Relation:
        """Return the rows in an order."""
        return Relation(self.frame.orderBy(*[c.strip() for c in columns.split(",")]))

    def distinct(self) -> Relation:
        """Return every row once."""
        return Relation(self.frame.distinct())

    def project(self, columns: str) -> Relation:
        """Return some of the columns, or all but some."""
        tree = sqlglot.parse_one(f"select {columns}", read="duckdb")
        star = tree.selects[0]
        if isinstance(star, exp.Star):
            return Relation(self.frame.drop(*[c.name for c in star.args.get("except_") or []]))
        return Relation(self.frame.selectExpr(*[e.sql("spark") for e in tree.selects]))

    def join(self, other: Relation, columns: str, how: str = "inner") -> Relation:
        """Return the rows that have a partner in all of the columns."""
        keys = [c.strip() for c in columns.split(",")]
        return Relation(self.frame.join(other.frame, keys, how))

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows of a small table."""
        return [tuple(row) for row in self.frame.collect()]

    def to_arrow_table(self) -> pa.Table:
        """Return a small table, or the whole of one that a model takes at once, to the driver."""
        return self.frame.toArrow()

    def df(self) -> Any:
        """Return a frame as DuckDB would make it of the same table."""
        import duckdb

        found = self.to_arrow_table()
        return duckdb.from_arrow(found, connection=duckdb.connect()).df()

    def fetchnumpy(self) -> dict[str, Any]:
        """Return columns of a small table, masked where they are null."""
        import duckdb

        return duckdb.from_arrow(self.to_arrow_table(), connection=duckdb.connect()).fetchnumpy()

    def map_batches(self, function: Callable[[pa.RecordBatch], pa.RecordBatch]) -> Any:
        """Return the frame of a function of independent batches, run where the rows are."""
        from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

        given = to_arrow_schema(self.frame.schema)
        made = function(pa.RecordBatch.from_pylist([], schema=given)).schema

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                yield function(batch)

        return self.frame.mapInArrow(run, from_arrow_schema(made))

    def __getattr__(self, name: str) -> Any:
        raise Unsupported(f"the relation method {name}, which Spark's tables lack")


def frame_of(made: Any, spark: Any) -> Any:
    """Return what a model made as a Spark frame."""
    if isinstance(made, Relation):
        return made.frame
    if isinstance(made, pa.RecordBatchReader):
        made = made.read_all()
    if hasattr(made, "toArrow"):
        return made
    if not isinstance(made, pa.Table):  # pandas, whose dates and nulls DuckDB reads best
        import duckdb

        made = duckdb.connect().from_df(made).to_arrow_table()
    return spark.createDataFrame(narrow(made))


def narrow(table: pa.Table) -> pa.Table:
    """Return a table in types that Spark has."""
    fields = []
    for field in table.schema:
        kind = field.type
        if pa.types.is_timestamp(kind):
            kind = pa.timestamp("us")
        elif pa.types.is_unsigned_integer(kind):
            kind = pa.decimal128(20, 0) if kind == pa.uint64() else pa.int64()
        elif pa.types.is_decimal(kind) and kind.precision == 38 and kind.scale == 0:
            kind = pa.int64()
        elif pa.types.is_null(kind):
            kind = pa.string()
        elif pa.types.is_list(kind) and kind.value_type == pa.uint64():
            kind = pa.list_(pa.decimal128(20, 0))
        fields.append(field.with_type(kind))
    return table.cast(pa.schema(fields))
