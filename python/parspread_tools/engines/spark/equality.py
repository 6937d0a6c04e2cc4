"""Compare tables of two engines: keys, nulls and texts exactly, floats closely."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from parspread_tools.publish.release import WITHOUT_FINGERPRINT
from parspread_tools.sql_text import identifier, literal

REAL = ("DOUBLE", "FLOAT")
RELATIVE = 1e-9  # of the size of the value
# What is left of much larger amounts that cancel out: of the mean size of the column, if larger.
CANCELLED = re.compile(r".*pnl_usd|dv01_usd_per_bp")


@dataclass
class Comparison:
    """What differs between two tables: counts, columns, and an example row for each column."""

    row_counts: tuple[int, int] = (0, 0)
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    only_in_one: int = 0
    differing: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        counts_agree = self.row_counts[0] == self.row_counts[1]
        return counts_agree and not (
            self.missing or self.extra or self.only_in_one or self.differing
        )

    def lines(self, table: str) -> list[str]:
        """Return a line per difference: table, column, rows, one row with both values."""
        found = []
        if self.row_counts[0] != self.row_counts[1]:
            found.append(f"{table}: {self.row_counts[0]} rows, {self.row_counts[1]} on Spark")
        found += [f"{table}.{c}: not there on Spark" for c in self.missing]
        found += [f"{table}.{c}: only on Spark" for c in self.extra]
        if self.only_in_one:
            found.append(f"{table}: {self.only_in_one} keys without a row on the other engine")
        found += [
            f"{table}.{c}: {count} rows differ, such as {row}"
            for c, (count, row) in self.differing.items()
        ]
        return found


def compare(
    connection: duckdb.DuckDBPyConnection, one: str, other: str, grain: Sequence[str] = ()
) -> Comparison:
    """Compare two tables of a connection.

    Parameters
    ----------
    one, other : str
        What stands after FROM; `one` is the reference, whose types are taken.
    grain : sequence of str
        Columns that name a row; without them rows are paired in the order of all their values.
    """
    kinds = dict(r[:2] for r in connection.execute(f"describe select * from {one}").fetchall())
    found = {
        r[0].lower(): r[0] for r in connection.execute(f"describe select * from {other}").fetchall()
    }
    result = Comparison(
        missing=[c for c in kinds if c.lower() not in found],
        extra=[c for c in found.values() if c.lower() not in {k.lower() for k in kinds}],
    )
    both = {c: k for c, k in kinds.items() if c.lower() in found}
    reals = [c for c, k in both.items() if k in REAL]
    plain = [c for c in both if c not in reals]
    keys = [c for c in grain if c in both] if grain else []
    order = ", ".join(
        [f"{identifier(c)}::varchar" for c in plain] + [f"round({identifier(c)}, 7)" for c in reals]
    )
    for name, source in (("compared_one", one), ("compared_other", other)):
        columns = ", ".join(f"{_value(c, k)} as {identifier(c)}" for c, k in both.items())
        connection.execute(
            f"create or replace temp table {name} as select *, row_number() over "
            f"({'partition by ' + ', '.join(map(identifier, keys)) if keys else ''} "
            f"{'order by ' + order if order else ''}) as pair_number "
            f"from (select {columns} from {source})"
        )
    counts = [
        connection.execute(f"select count(*) from compared_{n}").fetchone()[0]
        for n in ("one", "other")
    ]
    result.row_counts = (counts[0], counts[1])
    on = " and ".join(
        f"a.{identifier(c)} is not distinct from b.{identifier(c)}" for c in [*keys, "pair_number"]
    )
    joined = f"compared_one as a inner join compared_other as b on {on}"
    (paired,) = connection.execute(f"select count(*) from {joined}").fetchone()
    result.only_in_one = max(counts) - paired if counts[0] == counts[1] or keys else 0
    if counts[0] == counts[1] or keys:
        for column in both:
            if column not in keys:
                _compare_column(connection, joined, column, both[column], keys, result)
    return result


def _value(column: str, kind: str) -> str:
    return f"cast({identifier(column)} as {kind})"


def _compare_column(
    connection: duckdb.DuckDBPyConnection,
    joined: str,
    column: str,
    kind: str,
    keys: Sequence[str],
    result: Comparison,
) -> None:
    a, b = f"a.{identifier(column)}", f"b.{identifier(column)}"
    wrong = f"{a} is distinct from {b}"
    if kind == "DOUBLE[]":
        items = f"list_zip({a}, {b}), pair -> pair[1] is not distinct from pair[2] or coalesce("
        items += f"abs(pair[1] - pair[2]) <= {RELATIVE} * abs(pair[1]), false)"
        close = f"coalesce(list_bool_and(list_transform({items})), true)"
        wrong = f"({wrong}) and not coalesce(len({a}) = len({b}) and {close}, false)"
    if kind in REAL:
        size = f"abs({a})"
        if CANCELLED.fullmatch(column):
            (usual,) = connection.execute(
                f"select coalesce(avg({size}) filter (where isfinite({a})), 0) "
                "from compared_one as a"
            ).fetchone()
            size = f"greatest({size}, {usual})"
        close = f"abs({a} - {b}) <= {RELATIVE} * {size}"
        wrong = f"({wrong}) and not coalesce(isfinite({a}) and isfinite({b}) and {close}, false)"
    shown = [f"'{k}=' || coalesce(a.{identifier(k)}::varchar, 'null') || ' '" for k in keys]
    shown += [f"coalesce({a}::varchar, 'null') || ' against ' || coalesce({b}::varchar, 'null')"]
    row: Any = connection.execute(
        f"select count(*), min({' || '.join(shown)}) from {joined} where {wrong}"
    ).fetchone()
    if row[0]:
        result.differing[column] = (row[0], row[1][:300])


def compare_releases(one: Path, other: Path, grains: dict[str, Sequence[str]]) -> list[str]:
    """Return what differs between two releases, a line per table, column and count of rows."""
    found = []
    with duckdb.connect() as connection:
        for name, path in (("a", one), ("b", other)):
            connection.execute(f"attach {literal(path)} as release_{name} (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = 'release_a' order by all"
        ).fetchall()
        there = set(
            connection.execute(
                "select schema_name, table_name from duckdb_tables() "
                "where database_name = 'release_b'"
            ).fetchall()
        )
        for table in tables:
            name = ".".join(table)
            if table in WITHOUT_FINGERPRINT:
                continue
            if table not in there:
                found.append(f"{name}: not there on Spark")
                continue
            quoted = ".".join(map(identifier, table))
            grain = grains.get(name, ())
            result = compare(connection, f"release_a.{quoted}", f"release_b.{quoted}", grain)
            found += result.lines(name)
    return found


def main(arguments: Sequence[str]) -> int:
    """Compare two releases; the manifest of either build names the keys of their tables."""
    if len(arguments) != 3:
        print("python -m parspread_tools.engines.spark.equality ON_DUCKDB ON_SPARK MANIFEST")
        return 2
    nodes = json.loads(Path(arguments[2]).read_text())["nodes"].values()
    grains = {
        f"{n['schema']}.{n['alias']}": n["config"]["meta"]["grain"]
        for n in nodes
        if n["config"].get("meta", {}).get("grain")
    }
    lines = compare_releases(Path(arguments[0]), Path(arguments[1]), grains)
    print("\n".join(lines) or "every public table is equal on both engines")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
