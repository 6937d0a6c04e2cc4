"""Checks of what a table holds: readable values, codes that are used, moves of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from parspread_tools.gate import quotes, units
from parspread_tools.gate.files import InputError, clipped, is_text, shown, unreadable
from parspread_tools.gate.readers import read_statement, readable
from parspread_tools.gate.values import delivered_name, given, is_dated
from parspread_tools.identifiers import cusip_check_digit
from parspread_tools.sql_text import literal

READABLE = {
    "date": "dates such as 2020-01-31",
    "double": "numbers such as 65.3",
    "integer": "whole numbers such as 42",
    "timestamp": "times such as 2020-01-31 18:00:00",
}
# A message lists this many of the codes found, the most frequent first.
SHOWN_COUNT = 5
# So many codes of eight digits do not end in such a check digit by chance; so many are looked at.
CODE_MIN_COUNT = 5
CODE_MAX_COUNT = 1000
# With fewer values the column of a part is judged row by row only.
PART_MIN_COUNT = 10
# With fewer daily changes a correlation of unrelated series can be high by chance.
CORRELATION_MIN_COUNT = 10
# Text files up to this size are kept as they were read: every question would read them again.
KEPT_MAX_BYTES = 50_000_000
# Days at another level between two jumps, from which on their moves are judged.
STRETCH_MIN_COUNT = 10


def check_content(
    parts: list[Path], select: str, entry: dict[str, Any], data_set: str = "desk"
) -> tuple[int, list[str]]:
    """Return the row count of a table that is sound, and the screened columns without a value."""
    with opened_for(entry) as connection:
        connection.execute("set enable_progress_bar = false")
        try:
            kept = "table" if is_small_text(parts) else "view"
            connection.execute(f"create temp {kept} delivered as {select}")
            row_count, empty = check_values(connection, entry, parts[0])
            for column in entry["columns"]:
                if column["meta"].get("is_code") and column["name"] not in empty:
                    check_no_numbers(connection, column["name"], parts)
                if "code_kind" in column["meta"] and column["name"] not in empty:
                    check_kind_of_code(connection, column, parts)
                if column["meta"].get("code_kind") == "CUSIP":
                    check_zeros(connection, column["name"], parts)
            check_used(connection, entry, parts, empty)
            for column in entry["columns"]:
                if "moves_unlike" in column["meta"]:
                    check_moves(connection, column, parts[0])
                if "moves_like_others" in column["meta"]:
                    check_directions(connection, column, parts)
            if "zero_curve" in entry["meta"]:
                units.register_zero_yield(connection)
            for part in parts:
                # Part by part: each may be in a unit of its own, and fits into memory.
                zone = entry["meta"].get("time_zone")
                one_part = read_statement([part], entry["columns"], data_set, time_zone=zone)
                connection.execute(f"create or replace temp {kept} one_part as {one_part}")
                if len(parts) > 1:
                    check_part(connection, entry, part)
                units.check_units(connection, entry, part, data_set)
                quotes.check_quotes(connection, entry, part, data_set)
                if "zero_curve" in entry["meta"]:
                    units.check_zero_curve(connection, entry, part)
        except duckdb.Error as problem:
            raise unreadable(parts[0], problem) from problem
    return row_count, [
        c["name"] for c in entry["columns"] if c["meta"].get("is_screened") and c["name"] in empty
    ]


def is_small_text(parts: list[Path]) -> bool:
    """Tell whether all parts are text, and fit into memory."""
    return all(map(is_text, parts)) and sum(p.stat().st_size for p in parts) <= KEPT_MAX_BYTES


def opened_for(entry: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """Return a connection: one of its own, which costs more, where a function is registered."""
    return (
        duckdb.connect() if "zero_curve" in entry["meta"] else duckdb.default_connection().cursor()
    )


def check_values(
    connection: duckdb.DuckDBPyConnection, entry: dict[str, Any], part: Path
) -> tuple[int, set[str]]:
    """Return the row count and the empty columns; refuse what is empty or cannot be read."""
    counts = ", ".join(f"count({readable(c)})" for c in entry["columns"])
    row_count, *found = connection.execute(f"select count(*), {counts} from delivered").fetchone()
    if row_count == 0:
        raise InputError(
            f"{part}: must hold at least one row; it has a header only; deliver it again"
        )
    empty = set()
    for column, readable_count in zip(entry["columns"], found, strict=True):
        if readable_count > 0:
            continue
        name, kind = column["name"], column["data_type"]
        filled_count, first = connection.execute(
            f'select count("{shown_as(column)}"), '
            f'arg_min("{shown_as(column)}"::varchar, source_row_number) from delivered'
        ).fetchone()
        if filled_count == 0:
            empty.add(name)
        if filled_count == 0 and column["meta"].get("required"):
            raise InputError(
                f"{part}: column {name} must hold values; it was empty in all of {row_count} rows; "
                "deliver it again"
            )
        if filled_count > 0:
            raise InputError(
                f"{part}: column {name} must hold {READABLE.get(kind, kind)}; none of its "
                f"{filled_count} values could be read, the first was "
                f"{clipped(first)}; convert it"
            )
    return row_count, empty


def check_part(connection: duckdb.DuckDBPyConnection, entry: dict[str, Any], part: Path) -> None:
    """Refuse one of several parts a column of which cannot be read: other rows hide its loss.

    A part of a few rows, and one that says in words that nothing was quoted, is left to the models.
    """
    columns = [c for c in entry["columns"] if c["data_type"] in READABLE]
    counts = ", ".join(f"count({readable(c)})" for c in columns)
    row_count, *found = connection.execute(f"select count(*), {counts} from one_part").fetchone()
    for column in (c for c, count in zip(columns, found, strict=True) if count == 0):
        name, value = column["name"], given(shown_text(column), None, is_required=False)
        filled_count, first = connection.execute(
            f"select count({value}), arg_min({value}, source_row_number) from one_part"
        ).fetchone()
        if filled_count >= PART_MIN_COUNT:
            raise InputError(
                f"{part}: column {name} must hold {READABLE[column['data_type']]}; none of its "
                f"{filled_count} values could be read, the first was {clipped(first)}; convert it"
            )
        # Curves before 1980 lack parameters for years.
        is_empty = column["meta"].get("required") and "zero_curve" not in entry["meta"]
        if is_empty and filled_count == 0 and row_count >= PART_MIN_COUNT:
            raise InputError(
                f"{part}: column {name} must hold values; it was empty in all of {row_count} rows; "
                "deliver it again"
            )


def shown_text(column: dict[str, Any]) -> str:
    """Return the expression of a value as it was delivered, as text."""
    return f'"{shown_as(column)}"::varchar'


def check_no_numbers(connection: duckdb.DuckDBPyConnection, name: str, parts: list[Path]) -> None:
    """Refuse codes that a spreadsheet took for numbers: 605E11201 is then 6.05E+112."""
    count, first = connection.execute(
        f"""select count(*), arg_min("{name}", source_row_number) from delivered
        where contains("{name}", 'E+') and regexp_matches("{name}", '[0-9]E[+][0-9]')"""
    ).fetchone()
    if count:
        raise InputError(
            f"{shown(parts)}: column {name} must be text; {count} of its codes, the first "
            f"{clipped(first)}, are numbers that a spreadsheet made of codes; deliver it as text, "
            "from the source"
        )


def check_zeros(connection: duckdb.DuckDBPyConnection, name: str, parts: list[Path]) -> None:
    """Refuse CUSIPs of eight digits that end in the check digit of a code with a zero in front.

    A spreadsheet drops the zero of 037833100; a code of eight characters has no check digit.
    """
    rows = connection.execute(
        f"""select distinct trim("{name}") from delivered
        where regexp_full_match(trim("{name}"), '[0-9]{{8}}') order by 1 limit {CODE_MAX_COUNT}"""
    ).fetchall()
    dropped = [code for (code,) in rows if cusip_check_digit(f"0{code[:-1]}") == code[-1]]
    if len(dropped) >= CODE_MIN_COUNT and 20 * len(dropped) >= 19 * len(rows):
        raise InputError(
            f"{shown(parts)}: column {name} must keep the zeros of its codes; {len(dropped)} of "
            f"{len(rows)} codes of 8 digits end in the check digit of 0{dropped[0]} and the like, "
            f"the first {dropped[0]}, as when a spreadsheet drops the zero in front; deliver it as "
            "text, from the source"
        )


def check_kind_of_code(
    connection: duckdb.DuckDBPyConnection, column: dict[str, Any], parts: list[Path]
) -> None:
    """Refuse a column of CUSIPs that holds ISINs, and one of ISINs that holds CUSIPs."""
    kind, name = column["meta"]["code_kind"], column["name"]
    other, shape, length = {
        "CUSIP": ("ISIN", "[A-Z]{2}[A-Z0-9]{9}[0-9]", "eight or nine"),
        "ISIN": ("CUSIP", "[A-Z0-9*@#]{9}", "twelve"),
    }[kind]
    count, other_count, first = connection.execute(
        f"""with codes as (select upper(trim("{name}")) as code, source_row_number from delivered)
        select count(code), count_if(regexp_full_match(code, '{shape}')),
            arg_min(code, source_row_number) filter (where regexp_full_match(code, '{shape}'))
        from codes where code <> ''"""
    ).fetchone()
    if 2 * other_count > count:
        raise InputError(
            f"{shown(parts)}: column {name} must hold {kind}s of {length} characters; "
            f"{other_count} of {count} look like {other}s, the first {first}; deliver the {kind}s, "
            "or correct the names of the columns"
        )


def check_used(
    connection: duckdb.DuckDBPyConnection,
    entry: dict[str, Any],
    parts: list[Path],
    empty: set[str],
) -> None:
    """Refuse a table whose rows all have other codes than those that the models use."""
    columns = [c for c in entry["columns"] if c.get("used_value") and c["name"] not in empty]
    if not columns:
        return
    is_used = " and ".join(
        f'upper(trim("{c["name"]}")) = upper(trim({literal(c["used_value"])}))' for c in columns
    )
    if connection.execute(f"select 1 from delivered where {is_used} limit 1").fetchall():
        return
    names = ", ".join(f'"{c["name"]}"' for c in columns)
    seen = connection.execute(
        f"select concat_ws(', ', {names}), count(*), count(*) over () from "
        f"(select {', '.join(coded(c) for c in columns)} from delivered) "
        f"group by {names} order by 2 desc, 1 limit {SHOWN_COUNT}"
    ).fetchall()
    found = " and ".join(f"{codes} in {row_count} rows" for codes, row_count, _ in seen)
    raise InputError(
        f"{shown(parts)}: columns "
        f"{', '.join(c['name'] for c in columns)} must be "
        f"{', '.join(c['used_value'] for c in columns)} in some row, or none is used; of "
        f"{seen[0][2]} kinds found {found}; correct "
        f"{', '.join('var ' + c['meta']['used_var'] for c in columns)} of dbt_project.yml, "
        "the codes, or what was exported"
    )


def shown_as(column: dict[str, Any]) -> str:
    """Return the name of the column that shows what was delivered."""
    return delivered_name(column["name"]) if is_dated(column) else column["name"]


def coded(column: dict[str, Any]) -> str:
    """Return the expression that shows a code, or that there is none."""
    name = column["name"]
    return f"coalesce(nullif(trim(\"{name}\"), ''), 'no {name}') as \"{name}\""


def check_moves(connection: duckdb.DuckDBPyConnection, column: dict[str, Any], part: Path) -> None:
    """Refuse a column whose daily changes are those of another: a price fed in as a spread."""
    name, unlike = column["name"], column["meta"]["moves_unlike"]
    other, group = unlike["column"], unlike["per"]
    # Changes, because levels can drift together by chance; a spread falls when its price rises.
    # A number of three hundred digits would spoil the correlation; the screens reject it.
    row = connection.execute(
        f"""
        with numbers as (
            select "{group}" as code, try_cast("{unlike["along"]}" as date) as day,
                try_cast("{name}" as double) as own, try_cast("{other}" as double) as other
            from delivered
            where abs(own) < 1e9 and abs(other) < 1e9
        ),
        changes as (
            select code, own - lag(own) over history as own_change,
                other - lag(other) over history as other_change
            from numbers
            window history as (partition by code order by day)
        )
        select code, corr(own_change, other_change) as correlation
        from changes
        group by code
        having count(own_change) >= {CORRELATION_MIN_COUNT}
            and isfinite(correlation) and correlation > {unlike["correlation_max_ratio"]}
        order by correlation desc, code
        limit 1
        """
    ).fetchone()
    if row is not None:
        raise InputError(
            f"{part}: column {name} must be a {column['meta']['unit']} series of its own, whose "
            f"daily changes correlate at most {unlike['correlation_max_ratio']:g} with those of "
            f"column {other}; for {group} {row[0]} they correlate {row[1]:.2f}; deliver the spread "
            f"or leave the column out: {column['meta']['hint']}"
        )


def check_directions(
    connection: duckdb.DuckDBPyConnection, column: dict[str, Any], parts: list[Path]
) -> None:
    """Refuse a column in which one series moves against the others: a price fed in as a spread.

    The range of spreads of an index holds the usual prices, so only the direction tells. Of two
    series that move against each other the one at the level of a price is named.
    """
    meta = column["meta"]["moves_like_others"]
    names = ", ".join(f'upper(trim("{name}"))' for name in meta["per"])
    row = connection.execute(
        f"""
        with levels as (
            select concat_ws(' ', {names}) as code, "{meta["along"]}"::date as day,
                median(try_cast("{column["name"]}" as double)) as level
            from delivered
            where abs(try_cast("{column["name"]}" as double)) < 1e9
            group by code, day
        ),
        changes as (
            select *, level - lag(level) over (partition by code order by day) as move
            from levels
        ),
        pairs as (
            select one.code, other.code as other, corr(one.move, other.move) as correlation,
                median(one.level) between 50 and 130 as is_like_a_price
            from changes as one
            inner join changes as other on one.day = other.day and one.code <> other.code
            group by one.code, other.code
            having count(one.move + other.move) >= {meta["min_count"]} and isfinite(correlation)
        )
        select code, min(correlation), arg_min(other, correlation)
        from pairs
        group by code
        having min(correlation) < {meta["correlation_min_ratio"]}
        order by round(avg(correlation), 6), bool_or(is_like_a_price) desc, code
        limit 1
        """
    ).fetchone()
    if row is not None:
        raise InputError(
            f"{shown(parts)}: column {column['name']} must be in {column['meta']['unit']} for "
            f"every {' and '.join(meta['per'])}, and rise and fall with the others; the daily "
            f"changes of {row[0]} correlate {row[1]:.2f} with those of {row[2]}, as those of a "
            "price do; deliver its spread, and the price in the column price"
        )


def check_against(
    entry: dict[str, Any], parts: list[Path], select: str, others: dict[str, str]
) -> None:
    """Refuse a column that moves against that of another table: a price fed in as a spread.

    All indices may be quoted in price, or one alone, or from some year on: none of that shows in
    the file itself. The jump from spread to price is no move, but it tells a few weeks in price:
    from one jump to the next at a level of their own. `others` has the SELECT of every table read.
    """
    for column in entry["columns"]:
        meta = column["meta"].get("moves_with")
        if meta is None or meta["table"] not in others:
            continue
        codes = ", ".join(f'upper(trim("{name}"))' for name in meta["per"])
        moves = """
            select code, day, level, if(is_jump, null, change) as move,
                count_if(is_jump) over (partition by code order by day) as stretch
            from (
                select *, level - lag(level) over history as change,
                    level / lag(level) over history not between 1 / 1.5 and 1.5 as is_jump
                from (
                    select {code} as code, "{along}"::date as day,
                        median(try_cast("{name}" as double)) as level
                    from ({select}) where abs(try_cast("{name}" as double)) < 1e9 group by code, day
                )
                window history as (partition by code order by day)
            )"""
        along = meta["along"]
        own = moves.format(
            code=f"concat_ws(' ', {codes})", along=along, name=column["name"], select=select
        )
        other = moves.format(
            code="''", along=along, name=meta["column"], select=others[meta["table"]]
        )
        with opened_for(entry) as connection:
            row = connection.execute(
                f"""
                with moved as (
                    select own.*, year(own.day) as year, other.move as other_move,
                        median(own.level) over (partition by own.code) as usual
                    from ({own}) as own inner join ({other}) as other on own.day = other.day
                )
                select code, year, corr(move, other_move) as correlation,
                    if(stretch is null, '', ' from ' || min(day) || ' to ' || max(day))
                from moved
                group by grouping sets ((code), (code, year), (code, stretch))
                having isfinite(correlation) and if(
                    stretch is null,
                    count(move + other_move) >= {meta["min_count"]}
                    and correlation < {meta["correlation_min_ratio"]},
                    count(move + other_move) >= {STRETCH_MIN_COUNT}
                    and correlation < {meta["correlation_min_ratio"]} / 2
                    and median(level) between 50 and 130
                    and median(level) not between min(usual) / 1.5 and min(usual) * 1.5
                )
                order by stretch nulls first, year nulls first, correlation, code limit 1
                """
            ).fetchone()
        if row is not None:
            raise InputError(
                f"{shown(parts)}: column {column['name']} must be in {column['meta']['unit']} and "
                f"rise with {meta['table']}; the daily changes of {row[0]} correlate {row[2]:.2f} "
                f"with those of {meta['table']}{units.in_year(row[1])}{row[3]}, as those of a "
                "price do; deliver its spread, and the price in its own column: "
                f"{column['meta']['hint']}"
            )
