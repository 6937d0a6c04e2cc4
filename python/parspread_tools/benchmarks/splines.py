"""Splines of CDS curves, from a DuckDB table of quotes and bonds to a table of spreads.

Against the loop of the replaced notebook (pandas groupby, one CubicSpline a curve, one call a bond,
written back), measured on a random sample of curves and scaled. Everything runs on one thread.
"""

import tempfile

import duckdb
from scipy.interpolate import CubicSpline

from parspread.warehouse.cds_spreads import interpolated_spreads
from parspread_tools.benchmarks.measure import growth_exponent, median_seconds, peak_memory_mb
from parspread_tools.benchmarks.tables import Table, measured

CURVES = {
    "tiny": (20, 40, 80),
    "small": (5_000, 50_000),
    "market": (5_000, 50_000, 500_000),
}
SAMPLE_CURVES = {"tiny": 10, "small": 1_000, "market": 1_000}
BONDS_PER_CURVE = 3
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


def spline_line(connection: duckdb.DuckDBPyConnection, curve_count: int, sample: int) -> dict:
    """Return the line of one size; the loop runs on a random sample of its curves."""
    simulated_quotes(connection, curve_count)
    seconds = median_seconds(streamed_spreads, connection)
    memory_mb = peak_memory_mb()
    connection.execute(
        "create or replace table chosen as select distinct red_code, quote_date from bonds "
        f"order by hash(red_code, quote_date) limit {sample}"
    )
    loop = median_seconds(looped_spreads, connection, "chosen", repeats=3) * curve_count / sample
    (gap,) = connection.sql(
        "select max(abs(spreads.cds_par_spread_dec / loop_spreads.cds_par_spread_dec - 1)) "
        "from spreads inner join loop_spreads using (bond_number)"
    ).fetchall()[0]
    bonds = curve_count * BONDS_PER_CURVE
    line = measured("splines, bonds", bonds, seconds, ("notebook's loop", loop))
    return line | {"largest gap": gap, "peak MB": memory_mb}


def tables(size: str) -> list[Table]:
    """Measure each size on one file."""
    sample = SAMPLE_CURVES[size]
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(f"{folder}/benchmark.duckdb") as connection,
    ):
        connection.execute("set enable_progress_bar = false")
        # As many as the loop uses: on a busy machine, threads that wait for each other burn time.
        connection.execute("set threads = 1")
        lines = [spline_line(connection, count, sample) for count in CURVES[size]]
    exponent = growth_exponent(CURVES[size][-2:], [line["CPU s"] for line in lines[-2:]])
    note = (
        f"{BONDS_PER_CURVE} bonds a curve, from DuckDB table to DuckDB table; the loop on "
        f"{sample:,} curves, scaled; time grows with curves to the power {exponent:.2f}."
    )
    return [Table("CDS curves to bonds", note, lines)]
