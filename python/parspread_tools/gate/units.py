"""Checks of the unit of a column: its typical values lie within the bounds of the contract.

Most bounds lie at most a hundredfold apart, so a file that is a hundred times too large or too
small is refused. A single bad row is left to the models, which give it a reason.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from parspread.curves.treasury_curve import SvenssonCurves, zero_yield
from parspread_tools.gate.files import InputError
from parspread_tools.gate.readers import readable
from parspread_tools.sql_text import literal

CATALOGS = Path("seeds/catalog")
# A year, or an instrument, with fewer values is judged row by row only.
TYPICAL_MIN_COUNT = 100
CURVE_PARAMETERS = ("BETA0", "BETA1", "BETA2", "BETA3", "TAU1", "TAU2")
# 1 for a curve without a value at any maturity; TAU2 means nothing without a second hump.
HAS_NO_DECAY = (
    'case when try_cast("TAU1" as double) <= 0 or (try_cast("BETA3" as double) <> 0 '
    'and try_cast("TAU2" as double) <= 0) then 1.0 else 0.0 end'
)


def check_units(
    connection: duckdb.DuckDBPyConnection, entry: dict[str, Any], part: Path, data_set: str
) -> None:
    """Refuse a column whose median shows another unit, in any year and for any known instrument."""
    bounded = [column for column in entry["columns"] if "median_min" in column["meta"]]
    alike = []
    for column in bounded:
        meta = column["meta"]
        groups = instrument_groups(connection, meta, data_set) if "instruments_by" in meta else []
        values = [(f"case when {c} then {above_zero(column)} end", 0.5) for _, c, _ in groups]
        found = typical_values(connection, entry, values)
        for (label, _, row), typical in zip(groups, found, strict=True):
            low, high = (float(row[f"plausible_{end}_bps"]) for end in ("min", "max"))
            if meta["instruments_by"] == ["ticker"]:
                low, high = meta["median_min"], meta["median_max"]
            check_unit(column, part, label, low, high, typical)
        if not groups:
            alike.append(column)
    values = [(above_zero(c), c["meta"].get("quantile_share", 0.5)) for c in alike]
    for column, typical in zip(alike, typical_values(connection, entry, values), strict=True):
        low, high = column["meta"]["median_min"], column["meta"]["median_max"]
        check_unit(column, part, "", low, high, typical)


def check_unit(
    column: dict[str, Any],
    part: Path,
    label: str,
    low: float,
    high: float,
    typical: list[tuple[int | None, float]],
) -> None:
    """Refuse a column one of whose typical values lies outside its bounds."""
    meta = column["meta"]
    share = meta.get("quantile_share", 0.5)
    what = "median" if share == 0.5 else f"{share:.0%} quantile"
    for year, value in typical:
        if not low <= value <= high:
            raise InputError(
                f"{part}: column {column['name']}{label} must be in {meta['unit']} with a {what} "
                f"from {low:g} to {high:g}; its {what}{in_year(year)} was {value:g}; "
                f"convert it: {meta['hint']}"
            )


def above_zero(column: dict[str, Any]) -> str:
    """Return the expression that reads a column; null where it is not a number above zero."""
    return f"case when {readable(column)} > 0 then {readable(column)} end"


def in_year(year: int | None) -> str:
    """Return the words that name a year, if there is one."""
    return f" in {year}" if year else ""


def typical_values(
    connection: duckdb.DuckDBPyConnection, entry: dict[str, Any], values: list[tuple[str, float]]
) -> list[list[tuple[int | None, float]]]:
    """Return, for each expression and share, its quantile in every year of a part.

    A file may be sound for years and then change its unit, which the median of all years hides. A
    year with few values is left out; where all years are, the quantile of all rows stands alone.
    """
    year = "null::integer"
    if "date_column" in entry["meta"]:
        date = f'try_cast("{entry["meta"]["date_column"]}" as date)'
        year = f"case when isfinite({date}) then year({date}) end"
    columns = ", ".join(f"{value} as value_{n}" for n, (value, _) in enumerate(values))
    rows = f"(select {', '.join(filter(None, [columns, f'{year} as year']))} from one_part)"

    def quantiles(grouping: str) -> list[tuple]:
        found = ", ".join(
            f"count(value_{n}), quantile_cont(value_{n}, {share})"
            for n, (_, share) in enumerate(values)
        )
        return connection.execute(f"select {found}, {grouping}").fetchall() if values else []

    by_year = quantiles(f"year from {rows} where year is not null group by year order by year")
    typical = [
        [(row[-1], row[2 * n + 1]) for row in by_year if row[2 * n] >= TYPICAL_MIN_COUNT]
        for n in range(len(values))
    ]
    if all(typical):
        return typical
    ((*whole, _),) = quantiles(f"null from {rows}") or [(None,)]
    return [
        years or [(None, whole[2 * n + 1])] if whole[2 * n] else years
        for n, years in enumerate(typical)
    ]


def instrument_groups(
    connection: duckdb.DuckDBPyConnection, meta: dict[str, Any], data_set: str
) -> list[tuple[str, str, dict[str, str]]]:
    """Return label, condition and catalog row of every instrument that a part quotes.

    `instruments_by` names the columns of an instrument: index and tenor, or the ticker of an ETF.
    """
    groups = {}
    with (CATALOGS / "instruments.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["data_set"] != data_set or row["is_enabled"] != "true":
                continue
            if meta["instruments_by"] == ["ticker"]:
                codes, tenor = [row["etf_ticker"]], None
            else:
                codes, tenor = row["vendor_names"].split(";"), row["tenor_code"]
            names = ", ".join(literal(code.strip().upper()) for code in codes)
            condition = f'upper(trim("{meta["instruments_by"][0]}")) in ({names})'
            if tenor:
                condition += f' and upper(trim("tenor")) = {literal(tenor.upper())}'
            groups[condition] = (f" of {codes[0]}{' ' + tenor if tenor else ''}", row)
    quoted = [f"coalesce(bool_or({condition}), false)" for condition in groups]
    found = connection.execute(f"select {', '.join(quoted) or 1} from one_part").fetchone()
    return [
        (label, condition, row)
        for is_quoted, (condition, (label, row)) in zip(found, groups.items(), strict=False)
        if is_quoted
    ]


def check_zero_curve(
    connection: duckdb.DuckDBPyConnection, entry: dict[str, Any], part: Path
) -> None:
    """Refuse curve parameters in another unit than percent, or than the yields beside them."""
    meta = entry["meta"]["zero_curve"]
    low, high = meta["ten_year_min"], meta["ten_year_max"]
    yields = [column for column in entry["columns"] if column["name"].startswith("SVENY")]
    values = [(fitted_pct(10), 0.5), (HAS_NO_DECAY, 0.5)]
    for column in yields:
        fitted = fitted_pct(int(column["name"].removeprefix("SVENY")))
        # -999.99 stands for a yield that the fit of that day does not give.
        published = f"nullif({readable(column)}, -999.99)"
        values.append((f"abs({published} - ({fitted}))", 0.5))
    finite = [(f"case when isfinite({value}) then {value} end", share) for value, share in values]
    ten_years, decays, *differences = typical_values(connection, entry, finite)
    for year, value in decays:
        if value > 0:
            raise InputError(
                f"{part}: columns TAU1, TAU2 must be decay times in years, above zero; most"
                f"{in_year(year)} were not; convert them: one and a half years is 1.5"
            )
    for year, value in ten_years:
        if not low <= value <= high:
            raise InputError(
                f"{part}: columns BETA0 to BETA3 must be in percent and TAU1, TAU2 in years, with "
                f"ten-year zero yields whose median is from {low:g} to {high:g} percent; it "
                f"was {value:g}{in_year(year)}; convert them: a level of 3.1 % is 3.1"
            )
    for column, typical in zip(yields, differences, strict=True):
        for year, value in typical:
            if value > meta["difference_max"]:
                raise InputError(
                    f"{part}: column {column['name']} must be the zero yield in percent that the "
                    f"parameters give, with a median difference of at most "
                    f"{meta['difference_max']:g}; it was {value:g}{in_year(year)}; convert the "
                    "column or the parameters"
                )


def register_zero_yield(connection: duckdb.DuckDBPyConnection) -> None:
    """Let SQL ask the kernel for the zero yield of a curve, all in percent and years."""

    def zero_yield_pct(years, beta0, beta1, beta2, beta3, tau1, tau2) -> pa.Array:
        given = (years, beta0, beta1, beta2, beta3, tau1, tau2)
        time, *betas_pct, tau1, tau2 = (column.to_numpy(zero_copy_only=False) for column in given)
        curves = SvenssonCurves(*(beta / 100 for beta in betas_pct), tau1, tau2)
        return pa.array(100 * zero_yield(time, curves)[0])

    connection.create_function(
        "zero_yield_pct",
        zero_yield_pct,
        ["DOUBLE"] * (1 + len(CURVE_PARAMETERS)),
        "DOUBLE",
        type="arrow",
        null_handling="special",
    )


def fitted_pct(years: int) -> str:
    """Return the expression of the zero yield in percent that the parameters of a row give."""
    parameters = ", ".join(f'try_cast("{name}" as double)' for name in CURVE_PARAMETERS)
    return f"zero_yield_pct({years}, {parameters})"
