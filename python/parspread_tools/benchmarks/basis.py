"""Measure the basis desk's two heavy steps: `python -m parspread_tools.benchmarks.basis`.

Spline: three bonds a curve; long quotes and bonds lie in a DuckDB file, and the table of spreads is
written back to it. Against the loop of the replaced notebook (pandas groupby, one CubicSpline a
curve, one call a bond, written back), measured on a random sample of curves and scaled.
Treasury match: the SQL of replica ftsfr_notebook against a pandas loop over bond-months, on the
same rows. Everything runs on one thread.
"""

import tempfile
import time
from pathlib import Path
from statistics import median

import duckdb
import jinja2
import pandas as pd
from scipy.interpolate import CubicSpline

from parspread.warehouse.cds_spreads import interpolated_spreads
from parspread_tools.benchmarks.measure import (
    REPEATS,
    cpu_and_wall,
    growth_exponent,
    median_seconds,
    peak_memory_mb,
)

CURVE_COUNTS = (5_000, 50_000, 500_000)
BONDS_PER_CURVE = 3
LOOP_SAMPLE_CURVES = 1_000
MATCH_ROWS = 5_000
MONTH_COUNT = 264  # 2002 to 2023
WINDOW_DAYS = 3
TENOR_DAYS = {f"par_spread_{years}y_dec": 365.0 * years for years in (1, 3, 5, 7, 10)}
PROJECT = Path(__file__).parents[3]
MATCH_MODEL = (
    PROJECT / "models/intermediate/replicas/ftsfr_notebook"
    "/int_ftsfr_notebook__bonds_matched_to_treasuries.sql"
)
DAYS_EITHER_SIDE = PROJECT / "macros/cds_bond/days_either_side.sql"


def simulated_quotes(connection: duckdb.DuckDBPyConnection, curve_count: int) -> None:
    """Fill tables `quotes` (one tenor in ten missing) and `bonds` with `curve_count` curves."""
    connection.execute(
        f"""
        create or replace table quotes as
        select
            'R' || (curve // 250)::varchar as red_code,
            date '2015-01-01' + (curve % 250)::integer as quote_date,
            tenor.years as tenor_years,
            0.002 + 0.02 * (hash(curve, 1) % 1000) / 1000 * sqrt(tenor.years)
            + 0.001 * (hash(curve, tenor.years) % 1000) / 1000 as par_spread_dec
        from range({curve_count}) as curves(curve)
        cross join (select unnest([1, 3, 5, 7, 10]) as years) as tenor
        where tenor.years in (1, 10) or hash(curve, tenor.years, 2) % 10 > 0
        """
    )
    connection.execute(
        f"""
        create or replace table bonds as
        select
            curve * {BONDS_PER_CURVE} + bond as bond_number,
            'R' || (curve // 250)::varchar as red_code,
            date '2015-01-01' + (curve % 250)::integer as quote_date,
            (200 + hash(curve, bond, 3) % 3800)::double as maturity_days
        from range({curve_count}) as curves(curve)
        cross join range({BONDS_PER_CURVE}) as bonds(bond)
        """
    )


def streamed_spreads(connection: duckdb.DuckDBPyConnection) -> None:
    """Write table `spreads`: pivot, join, interpolate and write in batches, as the models do."""
    wide = ", ".join(
        f"min(par_spread_dec) filter (where tenor_years = {days / 365:g}) as {name}"
        for name, days in TENOR_DAYS.items()
    )
    relation = connection.sql(
        f"""
        select
            bonds.*,
            'not_a_knot' as spline_end,
            'allow' as extrapolation,
            false as has_duplicate_tenor,
            curves.* exclude (red_code, quote_date)
        from bonds
        inner join (
            select red_code, quote_date, {wide} from quotes group by red_code, quote_date
        ) as curves
            on bonds.red_code = curves.red_code and bonds.quote_date = curves.quote_date
        """
    )
    writer = connection.cursor()
    writer.register("stream", interpolated_spreads(relation, TENOR_DAYS))
    writer.execute("create or replace table spreads as select * from stream")
    writer.unregister("stream")


def looped_spreads(connection: duckdb.DuckDBPyConnection, chosen: str) -> None:
    """Write table `loop_spreads` for the curves of table `chosen`, curve by curve."""
    keys = "(red_code, quote_date)"
    quotes = connection.sql(f"from quotes where {keys} in (from {chosen})").df()
    bonds = connection.sql(f"from bonds where {keys} in (from {chosen})").df()
    splines = {}
    for key, curve in quotes.groupby(["red_code", "quote_date"]):
        curve = curve.sort_values("tenor_years")
        splines[key] = CubicSpline(365 * curve["tenor_years"], curve["par_spread_dec"])
    bonds["cds_par_spread_dec"] = [
        float(splines[bond.red_code, bond.quote_date](bond.maturity_days))
        for bond in bonds.itertuples()
    ]
    connection.register("frame", bonds)
    connection.execute("create or replace table loop_spreads as select * from frame")
    connection.unregister("frame")


def simulated_bond_months(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the two tables that the Treasury match reads: many ties, unknown amounts."""
    connection.execute(
        f"""
        create or replace table int_ftsfr_notebook__treasuries_merged as
        select
            month * 300 + issue as source_row_number,
            1 as issue_row_number,
            'T' || issue as treasury_code,
            issue::double as treasury_number,
            last_day(date '2002-01-01' + to_months(month::integer)) as month_end_date,
            month_end_date as quote_date,
            date '2021-01-15' + (hash(issue, 1) % 3000)::integer as maturity_date,
            case when hash(issue, month) % 20 > 0 then (hash(issue, month, 2) % 8) * 1e9 end
                as public_amount_usd,
            0.01 + (hash(issue, month, 3) % 1000) / 1e5 as annual_yield_dec,
            null::varchar as reject_reason
        from range({MONTH_COUNT}) as months(month)
        cross join range(300) as issues(issue)
        """
    )
    connection.execute(
        f"""
        create or replace table int_ftsfr_notebook__bonds_screened as
        select
            number as source_row_number,
            last_day(date '2002-01-01' + to_months((hash(number, 4) % {MONTH_COUNT})::integer))
                as month_end_date,
            date '2021-01-15' + (hash(number, 5) % 3000)::integer as maturity_date,
            null::varchar as reject_reason
        from range({MATCH_ROWS}) as bonds(number)
        """
    )


def matched_by_model(connection: duckdb.DuckDBPyConnection) -> None:
    """Write table `matched` with the text of the model."""
    template = DAYS_EITHER_SIDE.read_text() + MATCH_MODEL.read_text()
    text = jinja2.Template(template).render(
        ref=lambda name: name, var=lambda name: {"treasury_match_window_days": WINDOW_DAYS}[name]
    )
    connection.execute(f"create or replace table matched as {text}")


def matched_by_loop(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return Treasury and status of every bond-month, one bond-month at a time.

    As the replaced code does it: year-month periods, day gaps, a copy of each month's Treasuries.
    """
    bonds, treasuries = (
        connection.sql(f"from int_ftsfr_notebook__{name} order by source_row_number").df()
        for name in ("bonds_screened", "treasuries_merged")
    )
    bonds["year_month"] = bonds["month_end_date"].dt.to_period("M")
    treasuries["year_month"] = treasuries["month_end_date"].dt.to_period("M")
    treasuries = treasuries[treasuries["year_month"].isin(bonds["year_month"].unique())]
    chosen, status = [], []
    for bond in bonds.itertuples():
        gap_days = (treasuries["maturity_date"] - bond.maturity_date).dt.days.abs()
        is_near = gap_days <= WINDOW_DAYS
        month = treasuries[treasuries["year_month"] == bond.year_month].copy()
        month["gap_days"] = (month["maturity_date"] - bond.maturity_date).dt.days.abs()
        near = month[month["gap_days"] <= WINDOW_DAYS]
        best = None
        if len(near):
            amounts = near["public_amount_usd"]
            best = near.index[0] if amounts.isna().all() else amounts.idxmax()
        elif is_near.any():
            status.append("no_treasury_in_window_this_month")
        else:
            status.append("no_treasury_in_window_any_month")
        if best is not None:
            status.append("ok")
        chosen.append(None if best is None else treasuries.at[best, "treasury_code"])
    return bonds[["source_row_number"]].assign(treasury_code=chosen, treasury_status=status)


def measure_splines(connection: duckdb.DuckDBPyConnection) -> None:
    """Print one line per size, and the growth between the two largest."""
    print("| curves | bond rows | CPU s | wall s | loop CPU s | times | largest gap | peak MB |")
    print("|---|---|---|---|---|---|---|---|")
    seconds = []
    for curve_count in CURVE_COUNTS:
        simulated_quotes(connection, curve_count)
        runs = [cpu_and_wall(streamed_spreads, connection) for _ in range(REPEATS)]
        cpu, wall = (median(column) for column in zip(*runs, strict=True))
        seconds.append(cpu)
        memory_mb = peak_memory_mb()
        connection.execute(
            "create or replace table chosen as select distinct red_code, quote_date from bonds "
            f"order by hash(red_code, quote_date) limit {LOOP_SAMPLE_CURVES}"
        )
        loop = median_seconds(looped_spreads, connection, "chosen", repeats=3)
        loop *= curve_count / LOOP_SAMPLE_CURVES
        (gap,) = connection.sql(
            "select max(abs(spreads.cds_par_spread_dec / loop_spreads.cds_par_spread_dec - 1)) "
            "from spreads inner join loop_spreads using (bond_number)"
        ).fetchall()[0]
        print(
            f"| {curve_count:,} | {curve_count * BONDS_PER_CURVE:,} | {cpu:.3f} | {wall:.3f} "
            f"| {loop:.1f} | {loop / cpu:.0f} | {gap:.1e} | {memory_mb:.0f} |"
        )
    small, large = CURVE_COUNTS[1:]
    exponent = growth_exponent((small, large), seconds[1:])
    print(f"\nCPU time grows with curves to the power {exponent:.2f} from {small:,} to {large:,}.")


def measure_match(connection: duckdb.DuckDBPyConnection) -> None:
    """Print the Treasury match against the loop on the same rows."""
    simulated_bond_months(connection)
    runs = [cpu_and_wall(matched_by_model, connection) for _ in range(REPEATS)]
    cpu, wall = (median(column) for column in zip(*runs, strict=True))
    started = time.process_time()
    expected = matched_by_loop(connection)
    loop = time.process_time() - started
    found = connection.sql(
        "select source_row_number, treasury_code, treasury_status from matched "
        "order by source_row_number"
    ).df()
    differing = (found.fillna("") != expected.fillna("")).any(axis=1).sum()
    print("\n| bond-months | matched | CPU s | wall s | loop CPU s | times | rows that differ |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {MATCH_ROWS:,} | {found['treasury_code'].notna().sum():,} | {cpu:.3f} | {wall:.3f} "
        f"| {loop:.1f} | {loop / cpu:.0f} | {differing} |"
    )


def main() -> None:
    """Print both tables."""
    print(
        f"Median of {REPEATS}; the spline loop on {LOOP_SAMPLE_CURVES:,} random curves, scaled; "
        f"DuckDB {duckdb.__version__}.\n"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(f"{folder}/benchmark.duckdb") as connection,
    ):
        connection.execute("set enable_progress_bar = false")
        # As many as the loop has: on a busy machine, threads that wait for each other burn time.
        connection.execute("set threads = 1")
        measure_splines(connection)
        measure_match(connection)


if __name__ == "__main__":
    main()
