"""The page's section on any CDS curve: the last quotes of every month, by name and month."""

from __future__ import annotations

import altair as alt
import duckdb

from parspread_tools.report.charts import BLACK, data, nearest, sized
from parspread_tools.report.parts import Chart, Content, Selector, csv, rows

# What fits the page; the rest is one query away.
MOST_NAMES, MOST_MONTHS = 120, 60
QUOTES = f"""
    with quotes as (
        select red_code, ticker, quote_date, tenor_years, par_spread_dec
        from cds_bond.fct_cds_curve_points
        where last_day(quote_date) in (
            select distinct last_day(quote_date) from cds_bond.fct_cds_curve_points
            order by 1 desc limit {MOST_MONTHS}
        ) and red_code in (
            select red_code from cds_bond.fct_cds_curve_points
            group by red_code order by count(*) desc, red_code limit {MOST_NAMES}
        )
        qualify quote_date = max(quote_date) over (partition by red_code, last_day(quote_date))
    )
"""


def curves(connection: duckdb.DuckDBPyConnection) -> Content | None:
    """Show the CDS curve of the chosen name in the chosen month."""
    tenors = [
        row["tenor_years"]
        for row in rows(
            connection,
            "select distinct tenor_years from cds_bond.fct_cds_curve_points order by tenor_years",
        )
    ]
    listed = rows(
        connection,
        f"""{QUOTES}
        select
            red_code, max(ticker) as ticker,
            max(strftime(last_day(quote_date), '%Y-%m')) as last_month,
            count(distinct quote_date) as month_count,
            list(distinct strftime(last_day(quote_date), '%Y-%m')) as months
        from quotes group by red_code order by ticker, red_code
        """,
    )
    if not listed:
        return None
    months = sorted({month for row in listed for month in row["months"]}, reverse=True)
    columns = ", ".join(
        f"round(1e4 * max(par_spread_dec) filter (where tenor_years = {tenor}), 1) as t{place}"
        for place, tenor in enumerate(tenors)
    )
    names = {row["red_code"]: f"{row['ticker']} ({row['red_code']})" for row in listed}
    first = max(listed, key=lambda row: (row["last_month"], row["month_count"], row["red_code"]))
    selectors = (
        Selector("curve_name", "Name", names, first["red_code"]),
        Selector("curve_month", "Month", {m: m for m in months}, first["last_month"]),
    )
    pairs = [f"{row['red_code']} {month}" for row in listed for month in row["months"]]
    drawn = Chart(
        "CDS par spreads by tenor",
        "Basis points a year, by years to maturity; last quotes of the month.",
        curve_chart(tenors),
    )
    points = f"""{QUOTES}
        select red_code, strftime(last_day(quote_date), '%Y-%m') as month,
            quote_date, {columns}
        from quotes group by red_code, quote_date order by red_code, quote_date
    """
    return Content(
        intro=(
            "The price of protection on one name at every quoted maturity. A curve that falls "
            "with maturity says that the market fears the near end."
        ),
        selectors=selectors,
        charts=(drawn.led_by(*selectors, choices=sorted(pairs)),),
        notes=(
            f"The {len(names)} names with the most quotes and {len(months)} months. Every day and "
            "name: cds_bond.fct_cds_curve_points.",
        ),
        data={"curves": csv(connection, points)},
    )


def curve_chart(tenors: list[float]) -> alt.LayerChart:
    """Draw the quotes of one name and month."""
    columns = [f"t{place}" for place in range(len(tenors))]
    years = ", ".join(f"t{place}: {tenor}" for place, tenor in enumerate(tenors))
    near = nearest()
    base = (
        alt.Chart()
        .transform_filter("datum.red_code === curve_name && datum.month === curve_month")
        .transform_fold(columns, as_=["tenor", "spread_bps"])
        .transform_filter("isValid(datum.spread_bps)")
        .transform_calculate(years=f"({{{years}}})[datum.tenor]")
        .encode(
            x=alt.X("years:Q", title="Years to maturity"),
            y=alt.Y("spread_bps:Q", title="CDS par spread, bps", scale=alt.Scale(zero=False)),
        )
    )
    points = base.mark_point(color=BLACK, filled=True, opacity=1).encode(
        size=alt.condition(near, alt.value(110), alt.value(45)),
        tooltip=[
            alt.Tooltip("quote_date:N", title="Quoted on"),
            alt.Tooltip("years:Q", title="Years to maturity"),
            alt.Tooltip("spread_bps:Q", title="CDS par spread (bps)", format=",.1f"),
        ],
    )
    parse = dict.fromkeys(columns, "number") | {"quote_date": "string", "month": "string"}
    layers = alt.layer(
        base.mark_line(color=BLACK, strokeWidth=1.5), points.add_params(near),
        data=data("curves", parse),
    )  # fmt: skip
    return sized(layers, 240)
