"""The page's section on the specification curve: the basis by every choice that its author has."""

from __future__ import annotations

import altair as alt
import duckdb

from parspread_tools.report.charts import BLACK, GREEN, PURPLE, data, sized, zero_line
from parspread_tools.report.parts import Chart, Content, csv, number, rows

CELLS = """
    select
        rating_group, cell_number, is_replica::varchar as is_replica, month_count,
        round(mean_basis_bps, 2) as mean_basis_bps,
        if(is_replica, method || ' (replica)', measure) || ', ' || curve as measured,
        interpolation || ', ' || bond_filter || ', ' || alignment || ', ' || weighting as choices
    from reports.rpt_basis_specifications
    order by rating_group desc, cell_number
"""


def specification_curve(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show the mean basis of each cell, in order, and say what most cells agree on."""
    ratings = rows(
        connection,
        """
        select
            rating_group, cell_count, p25_of_cells_bps, median_of_cells_bps, p75_of_cells_bps,
            count(*) filter (where mean_basis_bps < 0) as negative_count
        from reports.rpt_basis_specifications
        group by all
        order by rating_group desc
        """,
    )
    return Content(
        intro=(
            "How far the answer hangs on choices: measure, curve, CDS spread between two quotes "
            "(as chosen, spline, hazards), bonds, day of the CDS quote, and weights. Each point is "
            "one combination: its mean basis over all months. "
            + " ".join(_sentence(rating) for rating in ratings)
        ),
        charts=(
            Chart(
                "Mean basis by specification, lowest first",
                "Basis points (bps); basis = CDS - bond, negative = bond cheap. IG in green, HY in "
                "purple; black diamonds: the replaced systems.",
                _points(),
            ),
        ),
        notes=("Every cell, period and statistic: cds_bond.fct_basis_specifications.",),
        data={"rpt_basis_specifications": csv(connection, CELLS)},
    )


def _sentence(rating: dict) -> str:
    low, middle, high = (
        number(rating[name], ".1f").text
        for name in ("p25_of_cells_bps", "median_of_cells_bps", "p75_of_cells_bps")
    )
    return (
        f"{rating['rating_group']}: {rating['negative_count']:,} of {rating['cell_count']:,} "
        f"combinations are negative; median {middle} bps, half of them between {low} and {high}."
    )


def _points() -> alt.LayerChart:
    base = alt.Chart().encode(
        x=alt.X("cell_number:Q", title="Combinations, in order of their mean basis"),
        y=alt.Y("mean_basis_bps:Q", title="Mean basis, bps"),
        tooltip=[
            alt.Tooltip("rating_group:N", title="Rating"),
            alt.Tooltip("mean_basis_bps:Q", title="Mean basis (bps)", format="+,.1f"),
            alt.Tooltip("measured:N", title="Measure, curve"),
            alt.Tooltip("choices:N", title="CDS spread, bonds, day, weights"),
            alt.Tooltip("month_count:Q", title="Months"),
        ],
    )
    own = base.transform_filter("!datum.is_replica").mark_point(filled=True, size=14, opacity=1)
    replicas = base.transform_filter("datum.is_replica").mark_point(
        filled=True, size=110, shape="diamond", color=BLACK, opacity=1
    )
    colored = own.encode(
        color=alt.Color(
            "rating_group:N",
            scale=alt.Scale(domain=["IG", "HY"], range=[GREEN, PURPLE]),
            legend=alt.Legend(orient="top", title=None),
        )
    )
    parse = {name: "number" for name in ("cell_number", "mean_basis_bps", "month_count")}
    table = data("rpt_basis_specifications", parse | {"is_replica": "boolean"})
    return sized(alt.layer(zero_line(), colored, replicas, data=table), 260)
