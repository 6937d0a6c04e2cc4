"""Splines of CDS curves: `python -m parspread_tools.benchmarks.basis`.

Three bonds a curve; long quotes and bonds lie in a DuckDB file, and the table of spreads is
written back to it. Against the loop of the replaced notebook (pandas groupby, one CubicSpline a
curve, one call a bond, written back), measured on a random sample of curves and scaled.
Everything runs on one thread.
"""

import tempfile
from statistics import median

import duckdb
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
TENOR_DAYS = {f"par_spread_{years}y_dec": 365.0 * years for years in (1, 3, 5, 7, 10)}


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


def main() -> None:
    """Print the table."""
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


if __name__ == "__main__":
    main()
