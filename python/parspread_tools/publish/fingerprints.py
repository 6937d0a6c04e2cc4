"""Fingerprints of tables: equal ones mean the same rows to the last digit, in any order.

A release holds the fingerprint by the engine's own hash, which reads each table once and is
comparable between builds of one version of the engine; the version stands beside it. Between
versions:

    python -m parspread_tools.publish.fingerprints parspread.duckdb [SCHEMA.TABLE ...]

prints a fingerprint over the text of every row, which no version changes, at 26 to 96 times the
price.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import duckdb

from parspread_tools.sql_text import identifier, literal

# Two 64-bit numbers of a row, one for the sum and one for the exclusive or. All columns count.
# Hashed twice, because the engine joins the hashes of columns by an exclusive or: values of the
# last column that change places between two rows would cancel out. Zero has no sign.
BY_HASH = ("hash(hash(content))",) * 2
# Depending on threads, the engine may store a block of zeros of both signs as one zero.
TEXT = "replace(replace(content::varchar, ': -0.0,', ': 0.0,'), ': -0.0}', ': 0.0}')"
BY_TEXT = (f"md5_number_lower({TEXT})", f"md5_number_upper({TEXT})")


def statement(schema: str, name: str, numbers: tuple[str, str], database: str = "") -> str:
    """Return the SELECT of schema, table, row count and fingerprint of one table.

    Sum and exclusive or of a number per row do not depend on the order of the rows; the sum sees
    rows that stand twice.
    """
    table = f"{identifier(schema)}.{identifier(name)}"
    return (
        f"select {literal(schema)}, {literal(name)}, count(*), "
        f"md5(concat_ws(' ', count(*), sum({numbers[0]}::hugeint), bit_xor({numbers[1]}))) "
        f"from {f'{identifier(database)}.' if database else ''}{table} as content"
    )


def write(
    connection: duckdb.DuckDBPyConnection, names: Mapping[tuple[str, str], Sequence[str]]
) -> None:
    """Store what `statement` finds for each table of the open release, engine version and key."""
    for (schema, name), key in sorted(names.items()):
        connection.execute(
            "insert into release.quality.fct_table_fingerprints "
            f"select *, version(), ? from ({statement(schema, name, BY_HASH, 'release')})",
            [", ".join(key) or None],
        )


def main(arguments: Sequence[str]) -> int:
    """Print schema and name, row count and text fingerprint of all tables of a file, or of some."""
    if not arguments:
        print("which file? python -m parspread_tools.publish.fingerprints FILE [SCHEMA.TABLE ...]")
        return 2
    with duckdb.connect(arguments[0], read_only=True) as connection:
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        wanted = set(arguments[1:])
        unknown = wanted - {".".join(name) for name in names}
        if unknown:
            print(f"{arguments[0]} has no table {', '.join(sorted(unknown))}")
            return 2
        for name in names:
            if not wanted or ".".join(name) in wanted:
                found = connection.execute(statement(*name, BY_TEXT)).fetchone()
                schema, table, row_count, fingerprint = found or ()
                print(f"{schema}.{table} {row_count} {fingerprint}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
