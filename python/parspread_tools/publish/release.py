"""Publication: a release is a folder; readers follow a link that is swapped in one step.

    parspread.duckdb -> releases/current/parspread.duckdb
    releases/current -> <build id>          (the only thing that changes)
    releases/<build id>/parspread.duckdb    (read-only file)

The link of the folder is swapped, not the file: a pooled client sees the new release when it
reconnects, and an open reader keeps the release that it opened. Until then nothing that a reader
sees has changed, so a build may die at any step.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from parspread_tools.publish import fingerprints
from parspread_tools.publish.lock import NotPublished
from parspread_tools.sql_text import identifier, literal

FILE_NAME = "parspread.duckdb"
READERS_LINK = Path("releases") / "current" / FILE_NAME
KEPT_RELEASES = 5
FUNCTIONS_SCHEMA = "cds_bond"
# Tables about the build itself differ from build to build; all others have a fingerprint.
FINGERPRINTS = ("quality", "fct_table_fingerprints")
WITHOUT_FINGERPRINT = {("quality", "dim_build"), ("quality", "dim_input_files"), FINGERPRINTS}


def check_home(home: Path) -> None:
    """Refuse to publish where somebody else's file would be replaced.

    Raises
    ------
    NotPublished
        `parspread.duckdb` or `releases/current` is there and is not the link of a publication.
    """
    link = home / FILE_NAME
    if os.path.lexists(link) and not (
        link.is_symlink() and Path(os.readlink(link)) == READERS_LINK
    ):
        raise NotPublished(
            f"{link} must be the link of an earlier publication or not be there; it is somebody "
            "else's file; move it away, or publish elsewhere with PARSPREAD_PUBLISH_DIR"
        )
    current = home / READERS_LINK.parent
    if os.path.lexists(current) and not current.is_symlink():
        raise NotPublished(
            f"{current} must be a link to a release or not be there; it is a file or folder; "
            "move it away"
        )


def publish(
    connection: duckdb.DuckDBPyConnection,
    home: Path,
    build_id: str,
    tables: list[dict[str, Any]],
    functions: Sequence[dict[str, str]] = (),
) -> Path:
    """Copy tables of `connection` into a release and make it the one that readers see.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Connection to the build database.
    home : Path
        Folder of `parspread.duckdb` and `releases`.
    build_id : str
        Name of the release.
    tables : list of dict
        `schema`, `name`, `description`, and `columns`, a description by column name.
    functions : sequence of dict
        SQL functions of the release: `name`, `parameters`, `expression` and `description`.

    Returns
    -------
    Path
        What readers open.

    Raises
    ------
    NotPublished
        A number is NaN or infinite, or the release could not be written; readers keep the last one
        and nothing is left over.
    """
    check_numbers(connection, tables)
    try:
        path = stage(home, build_id)
        copy_tables(connection, path, tables, functions)
        return swap(home, build_id)
    except (duckdb.Error, OSError) as problem:
        shutil.rmtree(home / "releases" / f"{build_id}.partial", ignore_errors=True)
        # After a failed checkpoint the engine's message ends with what went wrong first.
        reason = str(problem).splitlines()[0].rpartition("Original error: ")[2]
        raise NotPublished(
            f"the release could not be written to {home} ({reason}); readers keep the last "
            "release; make room or correct the folder, then build again"
        ) from problem


def check_numbers(connection: duckdb.DuckDBPyConnection, tables: list[dict[str, Any]]) -> None:
    """Refuse to publish NaN or infinity: a missing value is null, with a status beside it.

    In SQL NaN is larger than every number and equal to itself, so it passes most filters and spoils
    every mean.

    Raises
    ------
    NotPublished
        A column of a table holds NaN or infinity; the message names each column.
    """
    columns = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where data_type in ('DOUBLE', 'FLOAT') and database_name = current_database() "
        "order by all"
    ).fetchall()
    names = {(table["schema"], table["name"]) for table in tables}
    counts = [
        f"select {literal(f'{schema}.{name}.{column}')} as place, count(*) as row_count "
        f"from {identifier(schema)}.{identifier(name)} where not isfinite({identifier(column)})"
        for schema, name, column in columns
        if (schema, name) in names
    ]
    if not counts:
        return
    found = connection.execute(
        f"select * from ({' union all '.join(counts)}) where row_count > 0 order by all"
    ).fetchall()
    if found:
        places = ", ".join(f"{place} ({row_count} rows)" for place, row_count in found[:5])
        raise NotPublished(
            f"NaN or infinity in {len(found)} columns: {places}; such a value must be null, with a "
            "status that says why; correct the model"
        )


def stage(home: Path, build_id: str) -> Path:
    """Clear what failed publications left; return the path of the new release file."""
    check_home(home)
    folder = home / "releases" / f"{build_id}.partial"
    for leftover in (home / "releases").glob("*.partial"):
        shutil.rmtree(leftover)
    for leftover in (*home.glob(f"{FILE_NAME}.new"), *(home / "releases").glob("current.new")):
        leftover.unlink()
    folder.mkdir(parents=True)
    return folder / FILE_NAME


def copy_tables(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    tables: list[dict[str, Any]],
    functions: Sequence[dict[str, str]] = (),
) -> None:
    """Copy tables with their descriptions into the new file `path`, and close it without a log."""
    # A storage format that DuckDB 1.4, 1.5 and 2.0 open.
    connection.execute(f"attach {literal(path)} as release (storage_version 'v1.2.0')")
    try:
        connection.execute("begin")
        for schema in sorted({table["schema"] for table in tables}):
            connection.execute(f"create schema if not exists release.{identifier(schema)}")
        for table in tables:
            copy_table(connection, table)
        for function in functions:
            create_function(connection, function)
        names = {(table["schema"], table["name"]) for table in tables}
        if FINGERPRINTS in names:
            fingerprints.write(connection, names - WITHOUT_FINGERPRINT)
        if ("quality", "dim_build") in names:
            connection.execute(
                "update release.quality.dim_build "
                "set finished_at = (now() at time zone 'UTC')::timestamp"
            )
        connection.execute("commit")
        connection.execute("checkpoint release")
    except duckdb.Error:
        _attempt(connection, "rollback")
        raise
    finally:
        _attempt(connection, "detach release")


def copy_table(connection: duckdb.DuckDBPyConnection, table: dict[str, Any]) -> None:
    """Copy one table, with the descriptions of it and its columns, into the open release."""
    name = f"{identifier(table['schema'])}.{identifier(table['name'])}"
    connection.execute(f"create table release.{name} as from {name}")
    comments = [f"comment on table release.{name} is {literal(table['description'])}"] + [
        f"comment on column release.{name}.{identifier(column)} is {literal(description)}"
        for column, description in table["columns"].items()
    ]
    connection.execute("; ".join(comments))


def create_function(connection: duckdb.DuckDBPyConnection, function: dict[str, str]) -> None:
    """Give the open release one SQL function, with its description."""
    name = f"release.{FUNCTIONS_SCHEMA}.{identifier(function['name'])}"
    connection.execute(f"create schema if not exists release.{FUNCTIONS_SCHEMA}")
    connection.execute(f"create macro {name}({function['parameters']}) as {function['expression']}")
    connection.execute(f"comment on macro {name} is {literal(function['description'])}")


def swap(home: Path, build_id: str) -> Path:
    """Make the staged release of `build_id` the one that readers see; return the readers' path.

    Raises
    ------
    FileNotFoundError
        The release was not staged, or its write-ahead log is still there.
    """
    check_home(home)
    releases = home / "releases"
    staged = releases / f"{build_id}.partial"
    file = staged / FILE_NAME
    wal = staged / f"{FILE_NAME}.wal"
    if not file.exists() or wal.exists():
        raise FileNotFoundError(
            f"release {build_id} must be a checkpointed file without a log; {file} was not"
        )
    file.chmod(0o444)
    _sync(file)
    _sync(staged)
    release = releases / build_id
    staged.rename(release)
    _point(releases / "current", Path(build_id))
    _point(home / FILE_NAME, READERS_LINK)
    _sync(releases)
    _sync(home)
    _retire(releases)
    return home / FILE_NAME


def _attempt(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Run a clean-up statement; its own failure must not hide the first one."""
    try:
        connection.execute(statement)
    except duckdb.Error:
        return


def _point(link: Path, target: Path) -> None:
    """Let `link` point at `target` in one atomic step."""
    if link.is_symlink() and Path(os.readlink(link)) == target:
        return
    fresh = link.with_name(f"{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    os.replace(fresh, link)


def _retire(releases: Path) -> None:
    """Remove all but the newest releases; an open reader keeps its file until it closes."""
    current = os.readlink(releases / "current")
    folders = [f for f in releases.iterdir() if f.is_dir() and not f.is_symlink()]
    folders.sort(key=lambda f: (f.name != current, -f.stat().st_mtime_ns))
    for folder in folders[KEPT_RELEASES:]:
        shutil.rmtree(folder)


def _sync(path: Path) -> None:
    """Force `path` (file or folder) to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
