"""What a release changed since the one before: rows that came and went, and cells by column.

Rows are told apart by the grain of their table, with `strategy_code` in place of `run_id`, which is
a digest of the very inputs that change. Only tables whose fingerprints differ are read, and of
those keys and a hash of each row, then the rows that are not equal; a table of more than
`MOST_ROWS` rows is counted and not compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

import parspread
from parspread_tools.sql_text import identifier

TABLE = ("quality", "fct_release_changes")
MOST_ROWS = 10_000_000
# Facts of two builds, and what a difference is the cause of.
CAUSES = {
    "input_fingerprint": "input",
    "catalog_fingerprint": "catalog",
    "code_fingerprint": "code",
    "as_of_date": "as_of_date",
    "restated_values": "settings",
    "pricing_options": "settings",
    "duckdb_version": "engine",
}
CODE = ("models", "macros", "dbt_project.yml")


def code_fingerprint(project: Path) -> str:
    """Return a digest of what computes numbers: SQL, settings and kernels."""
    digest = hashlib.sha256()
    for path in (*(project / place for place in CODE), Path(parspread.__file__).parent):
        files = [file for end in ("*.sql", "*.py") for file in sorted(path.rglob(end))]
        for file in files or [path] * path.is_file():
            digest.update(str(file.relative_to(path.parent)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:32]


def columns_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict:
    """Return the columns of every table of an attached release, in their order."""
    found: dict[tuple[str, str], list[str]] = {}
    for schema, name, column in connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where database_name = ? order by schema_name, table_name, column_index",
        [database],
    ).fetchall():
        found.setdefault((schema, name), []).append(column)
    return found


def keys_of(key_columns: str | None, columns: Iterable[str]) -> list[str]:
    """Return the columns by which rows of two builds are the same row.

    >>> keys_of("run_id, date", ["run_id", "strategy_code", "date"])
    ['strategy_code', 'date']
    """
    known = set(columns)
    keys = (key_columns or "").split(", ") if key_columns else []
    if "run_id" in keys and "strategy_code" in known:
        keys = list(dict.fromkeys("strategy_code" if key == "run_id" else key for key in keys))
    return keys if set(keys) <= known else []


def joined(
    name: tuple[str, str], keys: list[str], shared: list[str], sides: tuple[str, str]
) -> str:
    """Return the query of the rows that only one of two releases has, or that differ.

    `old` and `new` are the whole rows as structs, null where a side has none.
    """
    place = ".".join(map(identifier, name))
    key = ", ".join(map(identifier, keys))
    row = ", ".join(map(identifier, shared))
    marked = [f"(select {key}, hash({row}) as row_hash from {side}.{place})" for side in sides]
    different = (
        f"select {key} from {marked[0]} as o full join {marked[1]} as n using ({key}) "
        "where o.row_hash is distinct from n.row_hash"
    )
    cells = ", ".join(f"{identifier(c)} := {identifier(c)}" for c in shared)
    whole = [
        f"(select {key}, struct_pack({cells}) as cells "
        f"from {side}.{place} semi join different using ({key}))"
        for side in sides
    ]
    return (
        f"with different as materialized ({different}) "
        f"select {key}, o.cells as old, n.cells as new "
        f"from {whole[0]} as o full join {whole[1]} as n using ({key})"
    )


def table_changes(
    connection: duckdb.DuckDBPyConnection,
    name: tuple[str, str],
    keys: list[str],
    columns: Mapping[str, list[str]],
    sides: tuple[str, str],
) -> list[tuple[str | None, str, int]]:
    """Return column, kind of change and count for one table that two releases have."""
    old, new = columns["old"], columns["new"]
    found: list[tuple[str | None, str, int]] = [
        *((column, "column_added", 1) for column in new if column not in old),
        *((column, "column_removed", 1) for column in old if column not in new),
    ]
    place = ".".join(map(identifier, name))
    counts = [
        connection.execute(f"select count(*) from {side}.{place}").fetchall()[0][0]
        for side in sides
    ]
    shared = [column for column in new if column in old]
    if not keys or not set(keys) <= set(shared) or max(counts) > MOST_ROWS:
        return [*found, (None, "not_compared", abs(counts[1] - counts[0]))]
    cells = [column for column in shared if column not in keys]
    figures = ", ".join(
        f"count(*) filter (where old is not null and new is not null and "
        f"old.{identifier(c)} is distinct from new.{identifier(c)})"
        for c in cells
    )
    removed, added, *changed = connection.execute(
        "select count(*) filter (where new is null), count(*) filter (where old is null)"
        f"{', ' if cells else ''}{figures} from ({joined(name, keys, shared, sides)})"
    ).fetchall()[0]
    found += [(None, "rows_added", added), (None, "rows_removed", removed)]
    found += [(c, "cells_changed", n) for c, n in zip(cells, changed, strict=True)]
    return [line for line in found if line[2]]


def causes(connection: duckdb.DuckDBPyConnection, sides: tuple[str, str]) -> str:
    """Return what differs between two builds, besides their results."""
    names = ", ".join(f"{name}::varchar" for name in CAUSES)
    rows = [
        connection.execute(f"select {names} from {side}.quality.dim_build").fetchall()[0]
        for side in sides
    ]
    words = [w for w, a, b in zip(CAUSES.values(), *rows, strict=True) if a != b]
    return ", ".join(dict.fromkeys(words)) or "unknown"


def between(
    connection: duckdb.DuckDBPyConnection, sides: tuple[str, str]
) -> list[tuple[str, str, str | None, str, int]]:
    """Return schema, table, column, kind and count of all that differs between two releases."""
    marks = "select schema_name, table_name, fingerprint, duckdb_version, key_columns from {}"
    old, new = (
        {
            row[:2]: row[2:]
            for row in connection.execute(
                marks.format(f"{side}.quality.fct_table_fingerprints")
            ).fetchall()
        }
        for side in sides
    )
    old_columns, new_columns = (columns_of(connection, side) for side in sides)
    found = []
    for name in sorted({*old, *new}):
        if old.get(name, ())[:2] == new.get(name, ())[:2]:
            continue
        if name not in old or name not in new:
            found.append((*name, None, "table_added" if name in new else "table_removed", 1))
            continue
        columns = {"old": old_columns[name], "new": new_columns[name]}
        keys = keys_of(new[name][2], columns["new"])
        lines = table_changes(connection, name, keys, columns, sides)
        found += [(*name, *line) for line in lines]
    return found


def write(connection: duckdb.DuckDBPyConnection, previous: Path) -> None:
    """Fill fct_release_changes of the open release from what readers have until now.

    One without the record, damaged, or of another layout is not compared, and a row says so.
    """
    if not previous.is_file():
        return
    sides = ("release_before", "release")
    try:
        lines = between(connection, sides)
        cause = causes(connection, sides)
        ((before,),) = connection.execute(
            "select build_id from release_before.quality.dim_build"
        ).fetchall()
    except duckdb.Error:
        before, cause, lines = "unknown", "unknown", [("-", "-", None, "not_compared", 0)]
    for line in lines:
        connection.execute(
            f"insert into release.{'.'.join(TABLE)} values (?, ?, ?, ?, ?, ?, ?)",
            [before, *line[:2], line[2] or "-", *line[3:], cause],
        )
