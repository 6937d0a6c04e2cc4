"""Publication: a release is a folder; readers follow a link that is swapped in one step.

    parspread.duckdb -> releases/current/parspread.duckdb
    releases/current -> <build id>          (the only thing that changes)
    releases/<build id>/parspread.duckdb    (read-only file)

Swapping the folder's link rather than the file lets a pooled client see the new release when it
reconnects, and an open reader keeps the release it opened. Until the link is swapped nothing that
a reader sees has changed, so a build may die at any step.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import duckdb

FILE_NAME = "parspread.duckdb"
READERS_LINK = Path("releases") / "current" / FILE_NAME
KEPT_RELEASES = 5
FUNCTIONS_SCHEMA = "cds_bond"
# Tables about the build itself differ from build to build; all others have a fingerprint.
FINGERPRINTS = ("quality", "fct_table_fingerprints")
WITHOUT_FINGERPRINT = {("quality", "dim_build"), ("quality", "dim_input_files"), FINGERPRINTS}

# Where a build may die, in order. The crash test kills it at each: PARSPREAD_CRASH_AT=<step>.
STEPS = (
    "staged",
    "attached",
    "half_copied",
    "copied",
    "committed",
    "checkpointed",
    "detached",
    "made_read_only",
    "file_synced",
    "renamed",
    "link_written",
    "switched",
    "synced",
    "retired",
)

_held: dict[Path, TextIO] = {}


class NotPublished(Exception):
    """Why readers keep the last release, in one line that says what to do."""


def reached(step: str) -> None:
    """Die here, as after a power cut, when a test asks for it."""
    if os.environ.get("PARSPREAD_CRASH_AT") == step:
        os.kill(os.getpid(), signal.SIGKILL)


def hold(folder: Path) -> None:
    """Make this process the only one that builds in `folder`, until it ends.

    The operating system drops the lock with the process, so a killed build blocks nobody.

    Raises
    ------
    NotPublished
        Another process holds it; the message says which, and since when.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.resolve() / ".build.lock"
    if path in _held:
        return
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise NotPublished(
            f"another build is at work in {folder}: {holder}; wait until it has ended, or end it"
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
    lock.flush()
    _held[path] = lock


def check_home(home: Path) -> None:
    """Refuse to publish where a file of somebody else would be replaced.

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
            f"{link} must be the link of an earlier publication or not be there; it is a file of "
            "somebody else; move it away, or publish elsewhere with PARSPREAD_PUBLISH_DIR"
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
        # After a failed checkpoint the engine tells first what it did, and last what had happened.
        reason = str(problem).splitlines()[0].rpartition("Original error: ")[2]
        raise NotPublished(
            f"the release could not be written to {home} ({reason}); readers keep the last "
            "release; make room or correct the folder, then build again"
        ) from problem


def check_numbers(connection: duckdb.DuckDBPyConnection, tables: list[dict[str, Any]]) -> None:
    """Refuse to publish a number that is none: a value that is missing is null, beside a status.

    In SQL NaN is larger than every number and equal to itself, so that it passes most filters and
    spoils every mean.

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
        f"select {text(f'{schema}.{name}.{column}')} as place, count(*) as row_count "
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
    """Return the path of a fresh, not yet existing release file for `build_id`."""
    check_home(home)
    folder = home / "releases" / f"{build_id}.partial"
    for leftover in (home / "releases").glob("*.partial"):
        shutil.rmtree(leftover)
    for leftover in (*home.glob(f"{FILE_NAME}.new"), *(home / "releases").glob("current.new")):
        leftover.unlink()
    folder.mkdir(parents=True)
    reached("staged")
    return folder / FILE_NAME


def copy_tables(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    tables: list[dict[str, Any]],
    functions: Sequence[dict[str, str]] = (),
) -> None:
    """Copy tables with their descriptions into the new file `path`, and close it without a log."""
    # A storage format that DuckDB 1.4, 1.5 and 2.0 open.
    connection.execute(f"attach {text(path)} as release (storage_version 'v1.2.0')")
    reached("attached")
    try:
        connection.execute("begin")
        for position, table in enumerate(tables):
            if position == len(tables) // 2:
                reached("half_copied")
            name = f"{identifier(table['schema'])}.{identifier(table['name'])}"
            connection.execute(f"create schema if not exists release.{identifier(table['schema'])}")
            connection.execute(f"create table release.{name} as from {name}")
            connection.execute(f"comment on table release.{name} is {text(table['description'])}")
            for column, description in table["columns"].items():
                connection.execute(
                    f"comment on column release.{name}.{identifier(column)} is {text(description)}"
                )
        for function in functions:
            name = f"release.{FUNCTIONS_SCHEMA}.{identifier(function['name'])}"
            connection.execute(f"create schema if not exists release.{FUNCTIONS_SCHEMA}")
            connection.execute(
                f"create macro {name}({function['parameters']}) as {function['expression']}"
            )
            connection.execute(f"comment on macro {name} is {text(function['description'])}")
        names = {(table["schema"], table["name"]) for table in tables}
        if FINGERPRINTS in names:
            write_fingerprints(connection, names - WITHOUT_FINGERPRINT)
        if ("quality", "dim_build") in names:
            connection.execute(
                "update release.quality.dim_build "
                "set finished_at = (now() at time zone 'UTC')::timestamp"
            )
        reached("copied")
        connection.execute("commit")
        reached("committed")
        connection.execute("checkpoint release")
        reached("checkpointed")
    except duckdb.Error:
        _attempt(connection, "rollback")
        raise
    finally:
        _attempt(connection, "detach release")
    reached("detached")


def write_fingerprints(connection: duckdb.DuckDBPyConnection, names: set[tuple[str, str]]) -> None:
    """Say of each table of the open release how many rows it has and what they hold.

    The fingerprint is a sum and an exclusive or over the digests of the rows as text: it does not
    depend on their order, and a float counts to its last digit.
    """
    # The engine may store a block of zeros of either sign as one zero, depending on threads.
    row = "replace(replace(content::varchar, ': -0.0,', ': 0.0,'), ': -0.0}', ': 0.0}')"
    for schema, name in sorted(names):
        connection.execute(
            f"insert into release.{'.'.join(FINGERPRINTS)} "
            f"select {text(schema)}, {text(name)}, count(*), "
            f"md5(concat_ws(' ', count(*), sum(md5_number_lower({row})::hugeint), "
            f"bit_xor(md5_number_upper({row})))) "
            f"from release.{identifier(schema)}.{identifier(name)} as content"
        )


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
    reached("made_read_only")
    _sync(file)
    _sync(staged)
    reached("file_synced")
    release = releases / build_id
    staged.rename(release)
    reached("renamed")
    _point(releases / "current", Path(build_id))
    _point(home / FILE_NAME, READERS_LINK)
    reached("switched")
    _sync(releases)
    _sync(home)
    reached("synced")
    _retire(releases)
    reached("retired")
    return home / FILE_NAME


def text(value: object) -> str:
    """Return `value` as an SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _attempt(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Run a statement of the clean-up, whose own failure must not hide the first one."""
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
    reached("link_written")
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
