"""Publishing against a plain copy of the same tables by the engine."""

import shutil

import duckdb

from parspread_tools.benchmarks.measure import cpu_and_wall
from parspread_tools.benchmarks.tables import Table
from parspread_tools.benchmarks.warehouse import fresh_folder, sample_build
from parspread_tools.publish import release

PUBLIC = ("cds_bond", "cdx_overlay", "quality", "reports", "catalog")


def public_tables(connection: duckdb.DuckDBPyConnection) -> list[dict]:
    """Return the tables of a build file that a release holds, as `publish` takes them."""
    found = connection.execute(
        "select schema_name, table_name from duckdb_tables() where not internal order by all"
    ).fetchall()
    return [
        {"schema": schema, "name": name, "description": "", "columns": {}}
        for schema, name in found
        if schema in PUBLIC
    ]


def plain_copy(connection: duckdb.DuckDBPyConnection, path, tables: list[dict]) -> None:
    """Copy the tables into a new file and close it."""
    connection.execute(f"attach '{path}' as plain")
    for table in tables:
        connection.execute(f"create schema if not exists plain.{table['schema']}")
        name = f"{table['schema']}.{table['name']}"
        connection.execute(f"create table plain.{name} as from {name}")
    connection.execute("detach plain")


def tables(size: str) -> list[Table]:
    """Publish the sample's tables once more and copy them once more."""
    built = sample_build(size)
    rows = []
    # A copy: a file opened for reading alone attaches nothing that can be written.
    file = shutil.copy(built.build_file, fresh_folder())
    with duckdb.connect(file) as connection:
        connection.execute("set threads = 1")
        chosen = public_tables(connection)
        plain_copy(connection, fresh_folder() / "first.duckdb", chosen)  # read once, from disk
        for what, call in (
            ("plain copy", lambda: plain_copy(connection, fresh_folder() / "x.duckdb", chosen)),
            ("publish", lambda: release.publish(connection, fresh_folder(), "b", chosen)),
        ):
            cpu, wall = cpu_and_wall(call)
            rows.append({"what": what, "tables": len(chosen), "CPU s": cpu, "wall s": wall})
    for row in rows:
        row["copies of its bytes"] = row["CPU s"] / rows[0]["CPU s"]
    megabytes = built.release.resolve().stat().st_size / 1e6
    return [Table("Publish", f"A release of {megabytes:.0f} MB, one thread.", rows)]
