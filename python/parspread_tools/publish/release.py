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
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from parspread_tools.publish import changes, fingerprints, ledger
from parspread_tools.publish.lock import NotPublished
from parspread_tools.sql_text import identifier, literal

FILE_NAME = "parspread.duckdb"
READERS_LINK = Path("releases") / "current" / FILE_NAME
KEPT_RELEASES = 5
# dbt's id of a run. What has another name, or holds more than our file, is somebody else's.
BUILD_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.partial)?")
FUNCTIONS_SCHEMA = "cds_bond"
METRICS_SCHEMA = "metrics"
# Tables about the build itself differ from build to build; all others have a fingerprint.
FINGERPRINTS = ("quality", "fct_table_fingerprints")
WITHOUT_FINGERPRINT = {
    ("quality", "dim_build"),
    ("quality", "dim_input_files"),
    FINGERPRINTS,
    changes.TABLE,
    ledger.TABLE,
}


def check_home(home: Path) -> None:
    """Refuse to publish where somebody else's file would be replaced.

    Raises
    ------
    NotPublished
        `parspread.duckdb` or `releases/current` is there and is not the link of a publication.
    """
    for link in (home / FILE_NAME, home / f"{FILE_NAME}.new"):
        if os.path.lexists(link) and not (
            link.is_symlink() and Path(os.readlink(link)) == READERS_LINK
        ):
            raise NotPublished(
                f"{link} must be the link of an earlier publication or not be there; it is "
                "somebody else's file; move it away, or publish elsewhere with "
                "PARSPREAD_PUBLISH_DIR"
            )
    for current in (home / READERS_LINK.parent, home / "releases" / "current.new"):
        if os.path.lexists(current) and not current.is_symlink():
            raise NotPublished(
                f"{current} must be a link to a release or not be there; it is a file or folder; "
                "move it away"
            )


def check_apart(build_file: Path, home: Path) -> None:
    """Refuse a build that would write, or clear away, what readers have open.

    Raises
    ------
    NotPublished
        With all links followed, the build database lies where releases or their link lie, the
        releases lie in its folder for temporary files, or it is a link or a release.
    """
    build_dir, releases = build_file.parent, home / "releases"
    temporary = build_file.with_name(f"{build_file.name}.tmp")
    if (
        _same(build_dir, home)
        or any(_same(folder, releases) for folder in _upwards(build_dir))
        or any(_same(folder, temporary) for folder in (*_upwards(home), *_upwards(releases)))
    ):
        raise NotPublished(
            f"the build folder {build_dir} (PARSPREAD_BUILD_DIR) must be apart from {home} "
            "(PARSPREAD_PUBLISH_DIR) and its releases; one holds the files of the other; choose a "
            "build folder of its own, such as build"
        )
    for file in own_files(build_file):
        if file.is_symlink() or any(_same(file, r) for r in releases.glob(f"*/{FILE_NAME}")):
            raise NotPublished(
                f"{file} must be the file of an earlier build or not be there; it is a link or a "
                "release; move it away, or build elsewhere with PARSPREAD_BUILD_DIR"
            )


def own_files(database: Path) -> tuple[Path, Path, Path]:
    """Return a database, its log and its folder for temporary files."""
    return database, *(database.with_name(database.name + end) for end in (".wal", ".tmp"))


def remove_database(database: Path) -> None:
    """Remove what a killed or failed build left: exactly its own files, nothing beside them."""
    *files, temporary = own_files(database)
    for file in (*files, *temporary.glob("duckdb_temp_*")):
        file.unlink(missing_ok=True)
    with suppress(OSError):  # it is not there, or holds what is not ours
        temporary.rmdir()


def make_folder(folder: Path) -> None:
    """Make `folder` and what leads to it; whatever the umask, other accounts may enter and read."""
    for missing in reversed([f for f in _upwards(folder) if not f.exists()]):
        missing.mkdir(exist_ok=True)
        missing.chmod(0o755)


def publish(
    connection: duckdb.DuckDBPyConnection,
    home: Path,
    build_id: str,
    tables: list[dict[str, Any]],
    functions: Sequence[dict[str, str]] = (),
    views: Sequence[dict[str, Any]] = (),
) -> list[str]:
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
    views : sequence of dict
        Views of the schema `metrics`: `name`, `sql` over tables of the release, `description` and
        `columns`, a description by column name.

    Returns
    -------
    list of str
        What went wrong after readers had the release, which undoes nothing.

    Raises
    ------
    NotPublished
        A number is NaN or infinite, or the release could not be written; readers keep the last one
        and nothing is left over.
    """
    check_numbers(connection, tables)
    recorded = None
    try:
        path = stage(home, build_id)
        copy_tables(connection, path, tables, functions, views)
        if ledger.TABLE in {(table["schema"], table["name"]) for table in tables}:
            recorded = ledger.append(connection, home, build_id)
        return swap(home, build_id)
    except (duckdb.Error, OSError, NotPublished) as problem:
        ledger.withdraw(recorded)
        with suppress(OSError):
            _remove(home / "releases" / f"{build_id}.partial")
        if isinstance(problem, NotPublished):
            raise
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
    sweep(home)
    for leftover in (home / f"{FILE_NAME}.new", home / "releases" / "current.new"):
        leftover.unlink(missing_ok=True)
    folder = home / "releases" / f"{build_id}.partial"
    make_folder(folder)
    return folder / FILE_NAME


def sweep(home: Path) -> None:
    """Remove the beginnings of releases, as far as that is possible."""
    for leftover in (home / "releases").glob("*.partial"):
        with suppress(OSError):
            if _is_ours(leftover):
                _remove(leftover)


def is_current(home: Path, build_id: str) -> bool:
    """Whether readers see the release of this build."""
    current = home / READERS_LINK.parent
    return current.is_symlink() and os.readlink(current) == build_id


def copy_tables(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    tables: list[dict[str, Any]],
    functions: Sequence[dict[str, str]] = (),
    views: Sequence[dict[str, Any]] = (),
) -> None:
    """Copy tables with their descriptions into the new file `path`, and close it without a log."""
    before = path.parents[1] / "current" / FILE_NAME
    # A storage format that DuckDB 1.4, 1.5 and 2.0 open.
    connection.execute(f"attach {literal(path)} as release (storage_version 'v1.2.0')")
    if before.is_file():
        _attempt(connection, f"attach {literal(before.resolve())} as release_before (read_only)")
    try:
        connection.execute("begin")
        for schema in sorted({table["schema"] for table in tables}):
            connection.execute(f"create schema if not exists release.{identifier(schema)}")
        for table in tables:
            copy_table(connection, table)
        for function in functions:
            create_function(connection, function)
        for view in views:
            create_view(connection, view)
        names = {(table["schema"], table["name"]): table.get("grain", ()) for table in tables}
        if FINGERPRINTS in names:
            compared = {n: key for n, key in names.items() if n not in WITHOUT_FINGERPRINT}
            fingerprints.write(connection, compared)
        if ("quality", "dim_build") in names:
            connection.execute(
                "update release.quality.dim_build "
                "set finished_at = (now() at time zone 'UTC')::timestamp, code_fingerprint = ?",
                [changes.code_fingerprint(Path())],
            )
        connection.execute("commit")
        # Of its own: a release that cannot be compared is published all the same.
        if changes.TABLE in names:
            changes.write(connection, before)
        connection.execute("checkpoint release")
    except duckdb.Error:
        _attempt(connection, "rollback")
        raise
    finally:
        _attempt(connection, "detach release")
        _attempt(connection, "detach release_before")


def copy_table(connection: duckdb.DuckDBPyConnection, table: dict[str, Any]) -> None:
    """Copy one table, with the descriptions of it and its columns, into the open release."""
    name = f"{identifier(table['schema'])}.{identifier(table['name'])}"
    connection.execute(f"create table release.{name} as from {name}")
    describe(connection, "table", f"release.{name}", table)


def create_view(connection: duckdb.DuckDBPyConnection, view: dict[str, Any]) -> None:
    """Give the open release one view of a measure, over its own tables."""
    name = f"release.{METRICS_SCHEMA}.{identifier(view['name'])}"
    connection.execute(f"create schema if not exists release.{METRICS_SCHEMA}")
    connection.execute(f"create view {name} as {view['sql']}")
    describe(connection, "view", name, view)


def describe(
    connection: duckdb.DuckDBPyConnection, kind: str, name: str, described: dict[str, Any]
) -> None:
    """Comment on a table or view, and on its columns."""
    comments = [f"comment on {kind} {name} is {literal(described['description'])}"] + [
        f"comment on column {name}.{identifier(column)} is {literal(description)}"
        for column, description in described["columns"].items()
    ]
    connection.execute("; ".join(comments))


def create_function(connection: duckdb.DuckDBPyConnection, function: dict[str, str]) -> None:
    """Give the open release one SQL function, with its description."""
    name = f"release.{FUNCTIONS_SCHEMA}.{identifier(function['name'])}"
    connection.execute(f"create schema if not exists release.{FUNCTIONS_SCHEMA}")
    connection.execute(f"create macro {name}({function['parameters']}) as {function['expression']}")
    connection.execute(f"comment on macro {name} is {literal(function['description'])}")


def swap(home: Path, build_id: str) -> list[str]:
    """Make the staged release of `build_id` the one that readers see.

    Returns
    -------
    list of str
        What could not be finished once readers had it: old releases that cannot be removed, say.

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
    try:
        _point(home / FILE_NAME, READERS_LINK)
        _point(releases / "current", Path(build_id))
    except OSError:
        release.rename(staged)
        raise
    # Readers have it: from here on no error may say that they keep the last release.
    return [*_problem(_sync, releases), *_problem(_sync, home), *_problem(_retire, releases)]


def _problem(step: Callable[[Path], list[str] | None], path: Path) -> list[str]:
    """Run a step that changes nothing for readers; return what went wrong."""
    try:
        return step(path) or []
    except OSError as problem:
        return [f"{problem.filename or path}: {problem.strerror}; correct its permissions"]


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


def _retire(releases: Path) -> list[str]:
    """Remove all but the newest releases; an open reader keeps its file until it closes."""
    current = os.readlink(releases / "current")
    folders = [f for f in releases.iterdir() if _is_ours(f) and f.suffix != ".partial"]
    folders.sort(key=lambda f: (f.name != current, -f.stat().st_mtime_ns))
    return [p for folder in folders[KEPT_RELEASES:] for p in _problem(_remove, folder)]


def _remove(folder: Path) -> None:
    """Remove a release, or the beginning of one; a folder with anything else in it stays."""
    remove_database(folder / FILE_NAME)
    folder.rmdir()


def _is_ours(folder: Path) -> bool:
    """Whether a folder is a release or the beginning of one, and holds nothing else."""
    if not BUILD_ID.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
        return False
    own = own_files(folder / FILE_NAME)
    is_spill = all(file.name.startswith("duckdb_temp_") for file in own[-1].glob("*"))
    return is_spill and set(folder.iterdir()) <= set(own)


def _upwards(path: Path) -> tuple[Path, ...]:
    """Return the absolute path without links, and every folder that it lies in."""
    path = path.resolve()
    return path, *path.parents


def _same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one place, whatever it is called."""
    try:
        return one.samefile(other)
    except OSError:  # one is not there yet
        return one.resolve() == other.resolve()


def _sync(path: Path) -> None:
    """Force `path` (file or folder) to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
