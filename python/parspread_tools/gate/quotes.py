"""Checks that quotes stand in the column of their kind: spreads as spreads, prices as prices."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb

from parspread_tools.gate.files import InputError
from parspread_tools.gate.readers import readable
from parspread_tools.gate.units import CATALOGS, in_year, instrument_groups

# With fewer moves a median says little.
MOVE_MIN_COUNT = 60
# Half of a spread's daily moves are beyond 0.6 % of it in the calmest year of any index, half of a
# price's within 0.4 % in the wildest.
PRICE_MOVE_MAX_RATIO = 0.004
# Spreads of funds move four times as much as their prices, and in the autumn of 2008 0.8 times.
SWAPPED_MOVE_MAX_RATIO = 0.5
PRICE_MIN, PRICE_MAX = 50, 130
# A larger move is a jump between two quotes, or between two units.
JUMP_RATIO = 1.5


def with_quotes(contract: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the contract, in which a spread may be missing if an instrument is quoted in price."""
    with (CATALOGS / "instruments.csv").open(newline="", encoding="utf-8-sig") as lines:
        has_prices = any(row.get("quote_kind") == "price" for row in csv.DictReader(lines))

    def changed(column: dict[str, Any]) -> dict[str, Any]:
        meta = column["meta"]
        is_optional = has_prices and meta.get("quote_kind") == "spread"
        return column | {"meta": meta | {"required": not is_optional and meta.get("required")}}

    return [entry | {"columns": [changed(c) for c in entry["columns"]]} for entry in contract]


def check_quotes(
    connection: duckdb.DuckDBPyConnection, entry: dict[str, Any], part: Path, data_set: str
) -> None:
    """Refuse a spread that moves like a price, and an instrument whose quote is not delivered."""
    columns = {c["meta"]["quote_kind"]: c for c in entry["columns"] if c["meta"].get("quote_kind")}
    if columns:
        if columns["spread"]["meta"]["instruments_by"] == ["index", "tenor"]:
            check_delivered(connection, columns, part, data_set)
        check_moves_as_spread(connection, columns, part)


def check_delivered(
    connection: duckdb.DuckDBPyConnection,
    columns: dict[str, dict[str, Any]],
    part: Path,
    data_set: str,
) -> None:
    """Refuse an instrument that a part quotes, but not in the column that quote_kind names."""
    groups = instrument_groups(connection, columns["spread"]["meta"], data_set)
    if not groups:
        return
    kinds = [row["quote_kind"] or "spread" for _, _, row in groups]
    counts = [
        f"count(*) filter ({condition}), count({readable(columns[kind])}) filter ({condition})"
        for (_, condition, _), kind in zip(groups, kinds, strict=True)
    ]
    rows = connection.execute(f"select {', '.join(counts)} from one_part").fetchone()
    for (label, _, _), kind, count, found in zip(groups, kinds, rows[::2], rows[1::2], strict=True):
        if found == 0 and count >= MOVE_MIN_COUNT:
            other = "price" if kind == "spread" else "spread"
            raise InputError(
                f"{part}: column {columns[kind]['name']} must hold the quotes{label}, whose "
                f"quote_kind is {kind}; none of its {count} rows had one; deliver it, or set "
                f"quote_kind {other} in instruments.csv"
            )


def check_moves_as_spread(
    connection: duckdb.DuckDBPyConnection, columns: dict[str, dict[str, Any]], part: Path
) -> None:
    """Refuse a spread that moves as little as a price does, in all or in one year.

    Both may be near 100, so only the moves tell. Beside a price the spread has to move more.
    """
    column, price = columns["spread"], columns["price"]
    meta, name = column["meta"], column["name"]
    names = ", ".join(f'upper(trim("{key}"))' for key in meta["moves_with"]["per"])
    rows = connection.execute(
        f"""
        with levels as (
            select concat_ws(' ', {names}) as code, try_cast("date" as date) as day,
                median({readable(column)}) as spread, median({readable(price)}) as price
            from one_part group by all
        ),
        moves as (
            select *, abs(spread / lag(spread) over history - 1) as spread_move,
                abs(price / lag(price) over history - 1) as price_move
            from levels where spread > 0
            window history as (partition by code order by day)
        ),
        counted as (
            select code, year(day) as year, spread, price,
                if(spread_move between 1e-9 and {JUMP_RATIO - 1}, spread_move, null) as spread_move,
                if(price_move between 1e-9 and {JUMP_RATIO - 1}, price_move, null) as price_move
            from moves
        )
        select code, year, median(spread), median(spread_move), median(price_move),
            count(price_move) >= {MOVE_MIN_COUNT} as has_price
        from counted group by grouping sets ((code), (code, year))
        having count(spread_move) >= {MOVE_MIN_COUNT}
        order by year nulls first, code
        """
    ).fetchall()
    for code, year, level, move, price_move, has_price in rows:
        found = f"half of the daily moves of {code}{in_year(year)} are within {move:.2%} of it"
        if has_price and move < SWAPPED_MOVE_MAX_RATIO * price_move:
            raise InputError(
                f"{part}: column {name} must be in {meta['unit']}, and a spread moves more than a "
                f"price; {found}, those of column {price['name']} within {price_move:.2%}: the two "
                "columns look swapped; deliver each under its name"
            )
        if PRICE_MIN <= level <= PRICE_MAX and move < PRICE_MOVE_MAX_RATIO:
            raise InputError(
                f"{part}: column {name} must be in {meta['unit']}; {found}, around {level:.1f}, "
                f"which looks like a price per 100: those of a spread are beyond "
                f"{PRICE_MOVE_MAX_RATIO:.1%}; deliver the spread, or deliver the price in its own "
                "column and set quote_kind price in instruments.csv"
            )
