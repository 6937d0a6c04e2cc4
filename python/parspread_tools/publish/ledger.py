"""The run ledger: every run ever published, in read-only files beside the releases.

    ledger/000001_<build id>_<digest>.parquet

A build adds one file just before readers get its release, and nothing changes or removes it. A
publication that is killed between the two has made its trials all the same, so that they count.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

import duckdb

from parspread_tools.sql_text import literal

FOLDER = "ledger"
TABLE = ("quality", "fct_run_ledger")
PART = re.compile(r"(\d{6})_([0-9a-f-]{36})_([0-9a-f]{16})\.parquet")
# Definitions and months stand in the first record of a run; a null later on changes nothing.
COLUMNS = {
    "build_id": "varchar",
    "built_at": "timestamp",
    "is_restart": "boolean",
    "run_id": "varchar",
    "trial_id": "varchar",
    "leader_trial_id": "varchar",
    "family_code": "varchar",
    "strategy_code": "varchar",
    "is_trial": "boolean",
    "rules_json": "varchar",
    "signal_json": "varchar",
    "data_fingerprint": "varchar",
    "session_sharpe_ratio": "double",
    "session_count": "bigint",
    "first_month_date": "date",
    "monthly_return_dec": "double[]",
    "joined_trial_numbers": "ubigint[]",
    "joined_sharpe_ratio": "double[]",
    "joined_equivalent_count": "double",
    "holdout_first_date": "date",
}
_ONCE = ("rules_json", "signal_json", "first_month_date", "monthly_return_dec")
_CALLED = {
    "build_id": "last_build_id",
    "built_at": "last_built_at",
    "is_restart": "ledger_status = 'restarted'",
} | {name: f"case when first_build_id = last_build_id then {name} end" for name in _ONCE}


def expose(home: Path, release: Path, may_restart: bool) -> tuple[str, str | None]:
    """Return the statement that exposes the ledger to SQL, and what is wrong with it.

    Parameters
    ----------
    home : Path
        Folder of `releases` and `ledger`.
    release : Path
        What readers open; it may not be there.
    may_restart : bool
        Whether a ledger that is gone may begin anew, which every row of it then says.
    """
    try:
        found, problem = parts(home)
    except OSError as error:
        found, problem = [], f"{error.filename} cannot be read ({error.strerror})"
    if problem is None:
        missing = _unrecorded(release, {part.name.split("_")[1] for part in found})
        if missing and not (may_restart and not found):
            problem = f"build {missing}, which readers see, is not recorded"
    if problem:
        problem = (
            f"the run ledger {home / FOLDER} must hold every build that was published; {problem}; "
            "restore the folder from a backup; without one, move it away and build once with "
            "--vars '{lost_run_ledger: restart}': trials are counted anew, and every row says so"
        )
    nulls = ", ".join(f"null::{kind} as {name}" for name, kind in COLUMNS.items())
    body = f"select {nulls} where false"
    if found and not problem:
        files = ", ".join(literal(part.resolve()) for part in found)
        # A file of an earlier version has fewer columns.
        records = f"{body} union all by name from read_parquet([{files}], union_by_name = true)"
        body = f"select {', '.join(COLUMNS)} from ({records})"
    return f"create or replace view vendor.run_ledger as {body}", problem


def parts(home: Path) -> tuple[list[Path], str | None]:
    """Return the files of the ledger in order, and what tells that one is missing or damaged."""
    folder = home / FOLDER
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    found = [folder / name for name in names if PART.fullmatch(name)]
    strange = [n for n in names if not PART.fullmatch(n) and not n.endswith(".partial")]
    if strange:
        return found, f"{strange[0]} has a name that no build gives"
    for number, part in enumerate(found, start=1):
        name = PART.fullmatch(part.name)
        assert name
        if int(name[1]) != number:
            return found, f"file {number} is missing, {part.name} is there"
        if _digest(part) != name[3]:
            return found, f"{part.name} has other bytes than those that were written"
    return found, None


def append(connection: duckdb.DuckDBPyConnection, home: Path, build_id: str) -> Path:
    """Record the runs of this build, which its table of the ledger holds; return the new file."""
    folder = home / FOLDER
    if not folder.exists():
        folder.mkdir()
        folder.chmod(0o755)
    for leftover in folder.glob("*.partial"):
        leftover.unlink()
    number = sum(PART.fullmatch(name) is not None for name in os.listdir(folder)) + 1
    partial = folder / f"{build_id}.partial"
    columns = ", ".join(f"{_CALLED.get(name, name)} as {name}" for name in COLUMNS)
    connection.execute(
        f"copy (select {columns} from {'.'.join(TABLE)} where last_build_id = {literal(build_id)} "
        f"order by run_id) to {literal(partial.resolve())} (format parquet, compression zstd)"
    )
    os.chmod(partial, 0o444)
    part = folder / f"{number:06d}_{build_id}_{_digest(partial)}.parquet"
    _force(partial)
    os.replace(partial, part)
    _force(folder)
    return part


def withdraw(part: Path | None) -> None:
    """Remove the record of a build that could not be published after all."""
    if part:
        with suppress(OSError):
            part.unlink()


def _unrecorded(release: Path, recorded: set[str]) -> str | None:
    """Return the build that readers see if it kept a ledger and is not recorded."""
    if not release.is_file():
        return None
    try:
        with duckdb.connect(str(release), read_only=True) as connection:
            ((build_id,),) = connection.sql(
                "select any_value(build_id) from quality.dim_build "
                "where exists (from quality.fct_run_ledger)"
            ).fetchall()
    except (
        duckdb.Error,
        ValueError,
    ):  # a release without a ledger, or one that is judged elsewhere
        return None
    return build_id if build_id not in recorded | {None} else None


def _digest(path: Path) -> str:
    """Return sixteen digits of the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _force(path: Path) -> None:
    """Force a file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
