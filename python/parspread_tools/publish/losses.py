"""Rows of the public tables that the last release had and this build has not."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from parspread_tools.publish.release import WITHOUT_FINGERPRINT
from parspread_tools.sql_text import identifier, literal

SAMPLE = "seeds/sample"
LAST = "last_release"
# Facts about a build that explain a loss where they differ from the last one's.
CHOICES = {
    "data_dir": "the data folder",
    "restated_values": "restated_values",
    "pricing_options": "vars that choose curves",
    "catalog_fingerprint": "a catalog",
}
# Files with fewer rows, and reasons for which more rows are left out than in the last release.
FEWER_ROWS = """
    select format('{} had {:,} rows and has {:,}', table_name, before, now)
    from (
        select
            table_name,
            coalesce(max(row_count) filter (where is_new), 0) as now,
            coalesce(max(row_count) filter (where not is_new), 0) as before
        from (
            select table_name, data_set, table_row_count as row_count, true as is_new
            from quality.dim_input_files
            union all
            select table_name, data_set, table_row_count, false
            from last_release.quality.dim_input_files
        )
        where data_set = 'desk'
        group by table_name
    )
    where now < before
    order by table_name
"""
MORE_REJECTED = """
    select format('{:,} more rows of {} are left out as {}', more_count, source_name, reject_reason)
    from (
        select source_name, reject_reason, sum(step)::bigint as more_count
        from (
            select source_name, reject_reason, 1 as step from quality.fct_rejected_rows
            union all
            select source_name, reject_reason, -1 from last_release.quality.fct_rejected_rows
        )
        group by source_name, reject_reason
    )
    where more_count > 0
    order by more_count desc, source_name, reject_reason
    limit 3
"""


def clock_problem(release: Path, today: str) -> str | None:
    """Return what is wrong with a clock that is before the last release; None for nothing."""
    try:
        with duckdb.connect(str(release), read_only=True) as connection:
            ((built,),) = connection.sql(
                "select max(started_at)::date from quality.dim_build"
            ).fetchall()
    except duckdb.Error:
        return None
    if built is None or date.fromisoformat(today) >= built:
        return None
    return (
        f"the clock of this machine must not be before the last release, which is of {built}; it "
        f"says {today}; correct it, or state as_of_date; if the last release has the wrong day, "
        "publish elsewhere with PARSPREAD_PUBLISH_DIR"
    )


def rows_gone(
    connection: duckdb.DuckDBPyConnection,
    release: Path,
    tables: Iterable[dict[str, Any]],
    as_of_date: str,
) -> list[dict[str, Any]]:
    """Count the rows of the last release that this build lacks, table by table.

    A dated table is compared month by month up to `as_of_date`, so that new rows do not hide old
    ones; the others by their number of rows. A build as of an earlier day than the last release
    compares dated tables only. Nothing is compared with a release of the sample, unless both are.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Connection to the build database.
    release : Path
        What readers open.
    tables : iterable of dict
        `schema`, `name`, `columns`, and `date_column` where a date is part of the grain.
    as_of_date : str
        ISO date as of which this build knows its data.

    Returns
    -------
    list of dict
        `source_name`, `lost_count`, `total_count` and `cause`.

    Raises
    ------
    duckdb.Error
        The release is missing, damaged, or of a version without a record of builds.
    """
    connection.execute(f"attach {literal(release.resolve())} as {LAST} (read_only)")
    try:
        old, new = (_choices(connection, database) for database in (f"{LAST}.", ""))
        if (old["data_dir"] == SAMPLE) != (new["data_dir"] == SAMPLE):
            return []
        pairs = _counted_pairs(connection, tables, as_of_date, as_of_date < old["as_of_date"])
        if not pairs:
            return []
        found = connection.execute(
            "select source_name, sum(greatest(before - now, 0))::bigint, sum(before)::bigint, "
            "min(month) filter (where before > now), max(month) filter (where before > now) "
            f"from ({' union all '.join(pairs)}) group by source_name order by source_name"
        ).fetchall()
        shared = _causes(connection, old, new) if any(row[1] for row in found) else ""
    finally:
        with suppress(duckdb.Error):
            connection.execute(f"detach {LAST}")
    return [
        {
            "source_name": name,
            "lost_count": lost,
            "total_count": total,
            "cause": (f"from month {first} to {last}; " if first else "") + shared,
        }
        for name, lost, total, first, last in found
        if total
    ]


def _choices(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, str]:
    """Return the facts about a build that explain a loss, as text."""
    names = ("as_of_date", *CHOICES)
    texts = ", ".join(f"{name}::varchar" for name in names)
    row = connection.execute(f"select {texts} from {database}quality.dim_build").fetchone()
    return dict(zip(names, row or (), strict=True))


def _counted_pairs(
    connection: duckdb.DuckDBPyConnection,
    tables: Iterable[dict[str, Any]],
    as_of_date: str,
    is_earlier: bool,
) -> list[str]:
    """Return the SELECT of the rows per month before and now, of each table that both have."""
    known = set(
        connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            f"where database_name = '{LAST}'"
        ).fetchall()
    )
    pairs = []
    for table in tables:
        name, day = (table["schema"], table["name"]), table["date_column"]
        if name in WITHOUT_FINGERPRINT or not any(column[:2] == name for column in known):
            continue
        # Which points of a sweep keep their days depends on the day.
        if is_earlier and (not day or "run_id" in table["columns"]):
            continue
        # As a number such as 202003, a third of the price of date_trunc.
        dated = f"100 * year({identifier(day)}) + month({identifier(day)})" if day else "null"
        where = f"where {identifier(day)} <= date {literal(as_of_date)}" if day else ""
        if day and (*name, day) not in known:
            continue
        place = ".".join(map(identifier, name))
        old, new = (
            f"(select {dated} as month, count(*) as n from {database}{place} {where} group by all)"
            for database in (f"{LAST}.", "")
        )
        pairs.append(
            f"select {literal('.'.join(name))} as source_name, old.month, old.n as before, "
            f"coalesce(new.n, 0) as now from {old} as old left join {new} as new "
            "on old.month is not distinct from new.month"
        )
    return pairs


def _causes(connection: duckdb.DuckDBPyConnection, old: dict[str, str], new: dict[str, str]) -> str:
    """Return what differs from the last release and may be why rows are gone."""
    changed = [words for name, words in CHOICES.items() if old[name] != new[name]]
    causes = [f"changed since the last release: {', '.join(changed)}"] if changed else []
    for statement in (FEWER_ROWS, MORE_REJECTED):
        # A part of the project may lack a table of the record.
        with suppress(duckdb.CatalogException):
            causes += [text for (text,) in connection.execute(statement).fetchall()]
    return "; ".join(causes)
