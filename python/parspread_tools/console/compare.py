"""`parspread compare FILE`: your numbers against the warehouse, where they differ and why."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from parspread_tools.console.project import CommandError, Project, add_project_options, project_of
from parspread_tools.gate.catalogs import YAML_LOADER
from parspread_tools.gate.files import is_text, suffix_of
from parspread_tools.report.numbers import NUMERIC, unit_of
from parspread_tools.sql_text import identifier, literal

PURPOSE = "Compare a file of your numbers with a table of the warehouse: where and why they differ."
SCHEMAS = ("cds_bond", "cdx_overlay", "reports", "quality")
# Another unit or sign is a whole file's, so nearly every row shows it.
NEARLY_ALL = 0.95
FACTORS = [sign * 10.0**power for power in (0, 2, -2, 4, -4, 3, -3, 6, -6) for sign in (1, -1)][1:]
MAX_DECIMALS = 8


@dataclass(frozen=True)
class Side:
    """What is compared: the table, how rows are found in it, and which columns both have."""

    connection: duckdb.DuckDBPyConnection
    table: str
    keys: tuple[str, ...]
    numbers: tuple[str, ...]
    where: str
    has_method: bool

    def one(self, sql: str) -> tuple:
        """Return the only row of a query."""
        return self.connection.execute(sql).fetchone()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the options of the command."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help=".csv or .parquet, our column names"
    )
    parser.add_argument(
        "--table", help="such as cds_bond.fct_bond_basis; by default the most alike"
    )
    parser.add_argument("--where", help="rows of the table, such as \"method = 'standard'\"")
    parser.add_argument("--tolerance", type=float, default=1e-9, help="relative; by default 1e-9")
    add_project_options(parser)


def grains(project: Project) -> dict[str, list[str]]:
    """Return the grain of every public table, as its YAML states it."""
    models = (
        model
        for layer in ("marts", "reports")
        for path in sorted((project.folder / "models" / layer).rglob("*.yml"))
        for model in yaml.load(path.read_text(encoding="utf-8"), Loader=YAML_LOADER).get(
            "models", ()
        )
    )
    return {model["name"]: model["config"]["meta"]["grain"] for model in models}


def opened(project: Project, file: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection with the warehouse as `ours` and the file as the table `mine`."""
    if not project.warehouse.is_file():
        raise CommandError(f"{project.warehouse}: must be published; build first: parspread build")
    if not file.is_file() or not suffix_of(file.name):
        raise CommandError(f"{file}: must be a .csv, .csv.gz or .parquet file; correct the path")
    connection = duckdb.connect()
    connection.execute(f"attach {literal(project.warehouse)} as ours (read_only)")
    reader = "read_csv" if is_text(file) else "read_parquet"
    try:
        connection.execute(f"create table mine as from {reader}({literal(file)})")
    except duckdb.Error as problem:
        raise CommandError(f"{file}: cannot be read; {str(problem).splitlines()[0]}") from problem
    return connection


def chosen_side(
    connection: duckdb.DuckDBPyConnection,
    grain_of: dict[str, list[str]],
    table: str | None,
    where: str | None,
) -> Side:
    """Return the table that the file is compared with: the named one, or the most alike."""
    mine = {n.lower(): n for (n, *_) in connection.execute("describe mine").fetchall()}
    columns: dict[str, dict[str, str]] = {}
    for schema, name, column, kind in connection.execute(
        "select schema_name, table_name, column_name, lower(data_type) from duckdb_columns() "
        f"where database_name = 'ours' and schema_name in {SCHEMAS} order by all"
    ).fetchall():
        columns.setdefault(f"{schema}.{name}", {})[column] = kind
    if table is not None and table not in columns:
        alike = [name for name in columns if name.endswith(f".{table.rpartition('.')[2]}")]
        raise CommandError(
            f"--table must be a table such as {(alike or sorted(columns))[0]}; it was {table}"
        )
    found = []
    for name, kinds in columns.items():
        grain = grain_of.get(name.rpartition(".")[2], [])
        keys = [c for c in grain if c in mine]
        numbers = [c for c in kinds if c in mine and c not in grain and NUMERIC.match(kinds[c])]
        if keys and numbers and table in (None, name):
            share = (len(keys) + len(numbers)) / max(len(mine), 1)
            found.append((share, len(keys) / len(grain), name, keys, numbers, grain))
    if not found:
        raise CommandError(
            f"the file must have key and number columns of {table or 'a public table'}, under "
            f"their names there; found {', '.join(mine.values())}; rename them"
        )
    *_, name, keys, numbers, grain = max(found, key=lambda f: (f[:2], f[2]))
    condition = where_of(connection, name, keys, [c for c in grain if c not in mine], where)
    return Side(connection, name, tuple(keys), tuple(numbers), condition, "method" in columns[name])


def where_of(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    keys: list[str],
    open_keys: list[str],
    where: str | None,
) -> str:
    """Return the condition that leaves one row per key; `standard` where nothing says which."""
    conditions = [f"({where})"] if where else []
    if "method" in open_keys and not where:
        conditions.append("method = 'standard'")
    condition = " and ".join(conditions) or "true"
    counts = ", ".join(f"count(distinct {identifier(k)}) as {identifier(k)}" for k in open_keys)
    if not open_keys:
        return condition
    try:
        several = connection.execute(
            f"select {', '.join(f'max({identifier(k)})' for k in open_keys)} from (select {counts} "
            f"from ours.{table} where {condition} group by {', '.join(map(identifier, keys))})"
        ).fetchone()
    except duckdb.Error as problem:
        raise CommandError(f"--where cannot be used: {str(problem).splitlines()[0]}") from problem
    for key, count in zip(open_keys, several, strict=True):
        if count and count > 1:
            values = connection.execute(
                f"select distinct {identifier(key)}::varchar from ours.{table} where {condition} "
                "order by 1 limit 6"
            ).fetchall()
            raise CommandError(
                f"the file must have the column {key} of {table}, or --where must choose one of "
                f"{', '.join(str(value) for (value,) in values)}; add --where \"{key} = '...'\""
            )
    return condition


def pair(side: Side, table_rows: str, alias: str) -> None:
    """Join the file with rows of the warehouse: a temporary table with both numbers of a key."""
    dates = dates_of(side)
    mine = {
        # A mart's text is plain; what a user types has blanks and another case.
        k: f"mine.{identifier(k)}::timestamp::date"
        if k in dates
        else f"upper(trim(mine.{identifier(k)}::varchar))"
        for k in side.keys
    }
    ours = {
        k: f"ours.{identifier(k)}" if k in dates else f"upper(ours.{identifier(k)}::varchar)"
        for k in side.keys
    }
    on = " and ".join(f"{mine[k]} = {ours[k]}" for k in side.keys)
    keys = ", ".join(
        f"coalesce(ours.{identifier(k)}::varchar, ({mine[k]})::varchar) as {identifier(k)}"
        for k in side.keys
    )
    values = ", ".join(
        f"try_cast(mine.{identifier(n)} as double) as {identifier('mine_' + n)}, "
        f"ours.{identifier(n)}::double as {identifier('ours_' + n)}"
        for n in side.numbers
    )
    side.connection.execute(
        f"create or replace temp table {alias} as select {keys}, {values}, "
        "mine.is_mine is not null as in_mine, ours.is_ours is not null as in_ours "
        "from (select *, true as is_mine from mine) as mine "
        f"full join (select *, true as is_ours from {table_rows}) as ours on {on}"
    )


def dates_of(side: Side) -> set[str]:
    """Return the keys that are dates."""
    rows = side.connection.execute(f"describe ours.{side.table}").fetchall()
    return {name for name, kind, *_ in rows if name in side.keys and kind == "DATE"}


def equal_share(side: Side, alias: str, number: str, expected: str, tolerance: float) -> float:
    """Return the share of common rows whose number is what an expression of ours gives."""
    mine = identifier(f"mine_{number}")
    found, count = side.one(
        f"select count(*) filter (where abs({mine} - ({expected})) "
        f"<= {tolerance} * greatest(abs({mine}), abs({expected}), 1e-300)), count(*) "
        f"from {alias} where in_mine and in_ours and {mine} is not null and {expected} is not null"
    )
    return found / count if count else 0.0


def reason_of(side: Side, number: str, tolerance: float) -> str:
    """Return why a column differs, as far as one cause explains nearly all of its rows."""
    ours = identifier(f"ours_{number}")
    loose = max(tolerance, 1e-6)
    unit = f"; ours is in {unit}" if (unit := unit_of(number)) else ""
    for factor in FACTORS:
        if equal_share(side, "paired", number, f"{ours} * {factor!r}", loose) >= NEARLY_ALL:
            return (
                f"yours have the other sign{unit}"
                if factor == -1
                else f"yours are {factor:g} times ours: another unit{unit}"
            )
    for decimals in range(MAX_DECIMALS + 1):
        if equal_share(side, "paired", number, f"round({ours}, {decimals})", 1e-12) >= NEARLY_ALL:
            return f"yours are rounded to {decimals} decimals"
    (offset,) = side.one(f"select median({identifier('mine_' + number)} - {ours}) from paired")
    if offset and equal_share(side, "paired", number, f"{ours} + {offset!r}", loose) >= NEARLY_ALL:
        return f"yours are {offset:+g} from ours in every row"
    for look in (_other_method, _other_row):
        if said := look(side, number, loose):
            return said
    return "no single cause: docs/differences.md and docs/numbers say how ours is made"


def _other_method(side: Side, number: str, tolerance: float) -> str | None:
    """Return which other method has these numbers."""
    if not side.has_method or "method" in side.keys:
        return None
    rows = f"select distinct method from ours.{side.table} order by 1"
    for (method,) in side.connection.execute(rows).fetchall():
        others = side.where.replace("method = 'standard'", f"method = {literal(method)}")
        pair(side, f"ours.{side.table} where {others}", "other")
        ours = identifier(f"ours_{number}")
        if equal_share(side, "other", number, ours, tolerance) >= NEARLY_ALL:
            return f"yours are those of method {method}: see docs/differences.md"
    return None


def _other_row(side: Side, number: str, tolerance: float) -> str | None:
    """Return whether the numbers are those of the row before or after in time."""
    dates = sorted(dates_of(side))
    if not dates:
        return None
    rest = ", ".join(identifier(k) for k in side.keys if k not in dates)
    window = f"({f'partition by {rest} ' if rest else ''}order by {identifier(dates[0])})"
    for function, words in (("lag", "earlier"), ("lead", "later")):
        moved = f"{function}({identifier('ours_' + number)}) over {window}"
        side.connection.execute(
            f"create or replace temp table moved as select *, {moved} as moved "
            "from paired where in_ours"
        )
        if equal_share(side, "moved", number, "moved", tolerance) >= NEARLY_ALL:
            return f"yours are ours one row {words}: dates are shifted by one"
    return None


def missing_lines(side: Side) -> list[str]:
    """Return how many rows only one side has, and why ours lacks those of the file."""
    only_mine, only_ours, both = side.one(
        "select count(*) filter (where not in_ours), count(*) filter (where not in_mine), "
        "count(*) filter (where in_ours and in_mine) from paired"
    )
    lines = [f"rows: {both:,} in both, {only_mine:,} only in the file, {only_ours:,} only in ours"]
    if not only_mine:
        return lines
    keys = ", ".join(identifier(k) for k in side.keys)
    for row in side.connection.execute(
        f"select {keys} from paired where not in_ours order by all limit 3"
    ).fetchall():
        lines.append(f"  not in ours: {', '.join(map(str, row))}")
    if {"cusip", "month_end_date"} <= set(side.keys):
        lines += _counted(
            side,
            "select step || ': ' || reason, count(*) from paired "
            "join ours.cds_bond.fct_bond_screening as s "
            "on s.cusip = paired.cusip and s.month_end_date::varchar = paired.month_end_date "
            "where not in_ours and s.method = 'standard' and reason <> 'kept' group by 1",
        )
    elif "date" in side.keys and side.table.startswith("cdx_overlay"):
        lines += _counted(
            side,
            "select 'no session of the index on that day', count(*) from paired "
            "where not in_ours and "
            "date not in (select date::varchar from ours.cdx_overlay.fct_market_daily) "
            "having count(*) > 0",
        )
    return lines


def _counted(side: Side, query: str) -> list[str]:
    rows = side.connection.execute(f"{query} order by 2 desc, 1 limit 5").fetchall()
    return [f"  why: {reason} ({count:,} rows)" for reason, count in rows]


def number_line(side: Side, number: str, tolerance: float) -> tuple[bool, list[str]]:
    """Return whether a column is equal, and its lines of the report."""
    mine, ours = identifier(f"mine_{number}"), identifier(f"ours_{number}")
    both, filled_mine, filled_ours, largest = side.one(
        f"select count({mine} + {ours}), count({mine}), count({ours}), max(abs({mine} - {ours})) "
        "from paired where in_mine and in_ours"
    )
    if not both:
        return filled_mine == filled_ours, [
            f"{number}: no row with both ({filled_mine:,} yours, {filled_ours:,} ours)"
        ]
    share = equal_share(side, "paired", number, ours, tolerance)
    gaps = filled_mine - both, filled_ours - both
    empty = f"; {gaps[0]:,} empty in ours, {gaps[1]:,} in yours" if any(gaps) else ""
    line = f"{number}: {share:.1%} of {both:,} equal, largest difference {largest:.6g}{empty}"
    if share == 1:
        return not any(gaps), [line]
    keys = ", ".join(f"{identifier(k)}" for k in side.keys)
    *key, yours, theirs = side.one(
        f"select {keys}, {mine}, {ours} from paired where in_mine and in_ours "
        f"order by abs({mine} - {ours}) desc nulls last, all limit 1".replace(", all", f", {keys}")
    )
    place = ", ".join(map(str, key))
    return False, [
        line,
        f"  why: {reason_of(side, number, tolerance)}",
        f"  largest: {place}: yours {yours:.10g}, ours {theirs:.10g}",
    ]


def run(options: argparse.Namespace, show: Callable[[str], None] = print) -> int:
    """Print the comparison; return 0 where all is equal, 1 where something differs."""
    project = project_of(options)
    connection = opened(project, options.file)
    side = chosen_side(connection, grains(project), options.table, options.where)
    keys = ", ".join(identifier(k) for k in side.keys)
    twice = side.one(
        f"select count(*) from (select 1 from mine group by {keys} having count(*) > 1)"
    )
    if twice[0]:
        raise CommandError(
            f"{options.file}: must have one row for each {', '.join(side.keys)}; {twice[0]:,} have "
            "more; add the column that tells them apart, or take one"
        )
    condition = "" if side.where == "true" else f", rows where {side.where}"
    show(f"{options.file} against {side.table} by {', '.join(side.keys)}{condition}")
    pair(side, f"ours.{side.table} where {side.where}", "paired")
    lines = missing_lines(side)
    is_equal = "0 only in the file" in lines[0]
    for number in side.numbers:
        is_same, said = number_line(side, number, options.tolerance)
        is_equal = is_equal and is_same
        lines += said
    for line in lines:
        show(line)
    return 0 if is_equal else 1
