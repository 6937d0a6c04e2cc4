"""`parspread status`: one line for a monitor: what readers have, whether a build is at work."""

from __future__ import annotations

import argparse
import datetime
import fcntl

import duckdb

from parspread_tools.console.project import Project, add_project_options, project_of
from parspread_tools.publish import release

PURPOSE = "One line for a monitor: what readers have, how old it is, whether a build is at work."
# Exit codes, as monitors of services take them.
OK, OLD, NONE = 0, 1, 2


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the options of the command."""
    add_project_options(parser)
    parser.add_argument(
        "--max-age-hours", type=float, metavar="HOURS", help="exit with 1 where it is older"
    )


def builder_at_work(project: Project) -> str | None:
    """Return which process builds into this home, as its lock says, or None."""
    for folder in dict.fromkeys((project.home / "releases", project.build_dir)):
        path = folder / ".build.lock"
        if not path.is_file():
            continue
        with path.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip() or "another process"
    return None


def published(project: Project) -> tuple[str, datetime.datetime, str] | None:
    """Return build, end and contents of the release that readers have, or None."""
    if not project.warehouse.is_file():
        return None
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        build_id, finished_at = connection.execute(
            "select build_id, finished_at from quality.dim_build"
        ).fetchone()
        table_count, last_session, last_month = connection.execute(
            "select (select count(*) from duckdb_tables()), "
            "(select max(date) from cdx_overlay.fct_market_daily), "
            "(select max(month_end_date) from cds_bond.fct_bond_basis)"
        ).fetchone()
    return (
        build_id,
        finished_at,
        f"{table_count} tables, sessions to {last_session or 'none'}, "
        f"bond months to {last_month or 'none'}",
    )


def line_of(
    project: Project, now: datetime.datetime, max_age_hours: float | None
) -> tuple[int, str]:
    """Return the exit code and the line."""
    worker = builder_at_work(project)
    at_work = f"; building: {worker}" if worker else ""
    try:
        found = published(project)
    except duckdb.Error as problem:
        said = str(problem).splitlines()[0]
        return NONE, f"UNREADABLE {project.warehouse}: {said}{at_work}"
    if found is None:
        return NONE, f"NONE no {release.FILE_NAME} in {project.home}: nothing published{at_work}"
    build_id, finished_at, contents = found
    hours = (now - finished_at).total_seconds() / 3600
    is_old = max_age_hours is not None and hours > max_age_hours
    return (
        OLD if is_old else OK,
        f"{'OLD' if is_old else 'OK'} build {build_id} of {finished_at:%Y-%m-%d %H:%M} UTC, "
        f"{hours:.1f} h ago; {contents}{at_work}",
    )


def run(options: argparse.Namespace) -> int:
    """Print the line; return 0, 1 where the release is too old, 2 where there is none."""
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    code, line = line_of(project_of(options), now, options.max_age_hours)
    print(line)
    return code
