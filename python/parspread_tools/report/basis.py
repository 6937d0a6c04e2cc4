"""The page's sections on the CDS-bond basis: means by rating, one CDS curve, bonds left out."""

from __future__ import annotations

import altair as alt
import duckdb

from parspread_tools.report.charts import (
    BLACK,
    BLUE,
    GREEN,
    LOCAL_DAY,
    ORANGE,
    PURPLE,
    Look,
    Time,
    data,
    sized,
    waterfall,
    zero_line,
)
from parspread_tools.report.parts import (
    METHOD_SHOWN_FIRST,
    Chart,
    Content,
    csv,
    method_choices,
    number,
    rows,
    selector,
    words,
)
from parspread_tools.report.tearsheet import SHADED, time_of

MEASURE_SHOWN_FIRST = "yield_spread"

RATING_MEANS = """
    select
        method, measure, month_end_date, rating_group, bond_count,
        round(mean_basis_bps, 2) as basis_bps,
        round(mean_implied_rf_pct, 4) as implied_rf_pct,
        round(mean_bond_yield_pct, 4) as bond_yield_pct,
        round(mean_cds_par_spread_bps, 2) as cds_par_spread_bps,
        round(mean_bid_ask_bps_of_price, 2) as bid_ask_bps_of_price,
        round(mean_ftsfr_notebook_bid_ask_bps, 4) as ftsfr_notebook_bid_ask_bps,
        round(mean_amount_outstanding_usd) as amount_outstanding_usd
    from reports.rpt_basis_by_rating
    order by all
"""
RATING_TOOLTIPS = {
    "bond_count": alt.Tooltip("bond_count:Q", title="Bonds", format=",.0f"),
    "basis_bps": alt.Tooltip("basis_bps:Q", title="Basis (bps)", format="+,.1f"),
    "implied_rf_pct": alt.Tooltip("implied_rf_pct:Q", title="Implied rate (%)", format=".2f"),
    "bond_yield_pct": alt.Tooltip("bond_yield_pct:Q", title="Bond yield (%)", format=".2f"),
    "cds_par_spread_bps": alt.Tooltip(
        "cds_par_spread_bps:Q", title="CDS par spread (bps)", format=",.1f"
    ),
    "bid_ask_bps_of_price": alt.Tooltip(
        "bid_ask_bps_of_price:Q", title="Bid-ask (bps of price)", format=",.1f"
    ),
    "ftsfr_notebook_bid_ask_bps": alt.Tooltip(
        "ftsfr_notebook_bid_ask_bps:Q", title="Bid-ask as the notebook had it (bps)", format=",.2f"
    ),
    "amount_outstanding_usd": alt.Tooltip(
        "amount_mm:Q", title="Amount outstanding (USD million)", format=",.0f"
    ),
}

# After the bond-months that have a CDS spread come, measure by measure, those with a basis.
ATTRITION_STEPS = """
    with lines as (
        select
            *, population = 'bond_months' as is_sample,
            last_value(rows_out) over (
                partition by method, population order by line_number
                rows between unbounded preceding and unbounded following
            ) as last_count,
            last_count + coalesce(sum(rows_dropped - rows_added) over (
                partition by method, population order by line_number
                rows between 1 following and unbounded following
            ), 0) as to_count,
            to_count + rows_dropped - rows_added as from_count
        from reports.rpt_sample_attrition
        where population not in ('treasury_months', 'cds_quotes')
    ),
    steps as (
        select
            method, is_sample, population, line_number,
            replace(reason || ' (' || step || ')', '_', ' ') as title,
            from_count, to_count
        from lines
        union all
        select
            method, is_sample, population, 0, 'delivered', 0, min_by(from_count, line_number)
        from lines
        where is_sample
        group by all
        union all
        select
            method, is_sample, population, max(line_number) + 1,
            if(is_sample, 'with a CDS spread, in fct_bond_basis',
                'with a basis by ' || replace(population, '_', ' ')),
            0, max(last_count)
        from lines
        group by all
    )
    select
        method,
        row_number() over (
            partition by method order by is_sample desc, population, line_number
        ) as step_number,
        title, from_count, to_count
    from steps
    order by all
"""


def basis_by_rating(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show the monthly means of the basis and its parts, IG beside HY."""
    defined = rows(
        connection, "select distinct method, measure from reports.rpt_basis_by_rating order by all"
    )
    methods = method_choices({row["method"] for row in defined})
    measures = {row["measure"]: words(row["measure"]) for row in defined}
    selectors = (
        selector("basis_method", "Method", methods, METHOD_SHOWN_FIRST),
        selector("basis_measure", "Bond spread measured as", measures, MEASURE_SHOWN_FIRST),
    )
    pairs = [f"{row['method']} {row['measure']}" for row in defined]
    time = time_of(
        connection,
        "select min(month_end_date) as first_date, max(month_end_date) as last_date "
        "from reports.rpt_basis_by_rating",
    )
    return Content(
        intro=(
            "A bond and a credit default swap (CDS) on its issuer pay for the same risk. The "
            "basis is the difference between the two: basis = CDS spread - bond "
            "spread; negative = the bond is cheap against its CDS. Each point is the mean over "
            "the bonds of a month: IG, investment grade, in green; HY, high yield, in purple."
        ),
        selectors=selectors,
        charts=tuple(chart.led_by(*selectors, choices=pairs) for chart in rating_charts(time)),
        notes=(
            bid_ask_note(connection),
            "ftsfr_notebook compares calendar month ends with business days and so has no month "
            "that ends on a weekend. Bond by bond: cds_bond.fct_bond_basis.",
            SHADED,
        ),
        data={"rpt_basis_by_rating": csv(connection, RATING_MEANS)},
    )


def bid_ask_note(connection: duckdb.DuckDBPyConnection) -> str:
    """Say what the replaced notebook plotted as bid-ask spread, and how far off it was."""
    [size] = rows(
        connection,
        """
        select
            avg(mean_bid_ask_bps_of_price) as bid_ask_bps_of_price,
            avg(mean_ftsfr_notebook_bid_ask_bps) as ftsfr_notebook_bid_ask_bps
        from reports.rpt_basis_by_rating
        """,
    )
    return (
        "The replaced notebook divided the bid-ask spread, already a fraction of price, by the "
        "price once more. What it plotted is kept as ftsfr_notebook_bid_ask_bps, about 100 times "
        f"too small: on average {number(size['ftsfr_notebook_bid_ask_bps'], '.2f').text} here, "
        "where the bid-ask spread is "
        f"{number(size['bid_ask_bps_of_price'], '.1f').text} bps of price. "
        "Point at a month to see both."
    )


def rating_charts(time: Time) -> tuple[Chart, ...]:
    """Draw each monthly mean by rating."""
    solid = "Solid, left axis: bond yield, percent a year. Dashed, right axis: mean "
    yields = "Bond yield, percent"
    return (
        Chart(
            "Basis",
            "Basis points (bps); basis = CDS - bond, negative = bond cheap.",
            rating_lines(time, "basis_bps", "Basis, bps", has_zero_line=True),
        ),
        Chart(
            "Implied risk-free rate",
            "Percent a year; Treasury yield - basis: what a bond hedged with its "
            "CDS earns. Above the Treasury yield where the basis is negative.",
            rating_lines(time, "implied_rf_pct", "Percent a year"),
        ),
        Chart(
            "Bond yield",
            "Percent a year, to maturity.",
            rating_lines(time, "bond_yield_pct", "Percent a year"),
        ),
        Chart(
            "CDS par spread",
            "Basis points (bps) a year at the maturity of each bond; the price of protection, "
            "always positive.",
            rating_lines(time, "cds_par_spread_bps", "CDS spread, bps"),
        ),
        Chart(
            "Yield against bid-ask",
            f"{solid}bid-ask spread, bps of price.",
            rating_lines(
                time, "bond_yield_pct", yields, dashed=("bid_ask_bps_of_price", "Bid-ask, bps")
            ),
        ),
        Chart(
            "Yield against amount outstanding",
            f"{solid}amount outstanding of a bond, USD million.",
            rating_lines(
                time, "bond_yield_pct", yields, dashed=("amount_outstanding_usd", "USD million")
            ),
        ),
    )


def rating_lines(
    time: Time,
    column: str,
    words: str,
    *,
    dashed: tuple[str, str] | None = None,
    has_zero_line: bool = False,
) -> alt.LayerChart:
    """Return one line over time for each rating, with a second measure dashed on the right."""
    base = rating_base(time)
    level = alt.Y(
        f"{column}:Q",
        axis=alt.Axis(tickCount=5, title=words),
        scale=alt.Scale(zero=False),
    )
    layers = [
        base.mark_line(strokeWidth=1.5, point=alt.OverlayMarkDef(size=14)).encode(y=level),
        rating_pointer(base, level),
    ]
    if has_zero_line:
        layers.insert(0, zero_line())
    if dashed:
        name, title = dashed
        # Inside, so that all charts of the section have the same days at the same place.
        axis = alt.Axis(
            orient="right",
            grid=False,
            tickCount=5,
            labelAlign="right",
            labelPadding=-4,
            title=title,
            titleAngle=0,
            titleAlign="right",
            titleX=0,
            titleY=-8,
        )
        if name.endswith("_usd"):
            axis.labelExpr = "format(datum.value / 1e6, ',')"
        second = alt.Y(f"{name}:Q", axis=axis, scale=alt.Scale(zero=False))
        line = base.mark_line(strokeWidth=1.2, strokeDash=[4, 3]).encode(y=second)
        layers = [alt.layer(*layers), line]
    numbers = {name: "number" for name in RATING_TOOLTIPS}
    table = data("rpt_basis_by_rating", {"month_end_date": LOCAL_DAY} | numbers)
    picture = sized(alt.layer(time.shades(), *layers, data=table), 200)
    return picture.resolve_scale(y="independent") if dashed else picture


def rating_pointer(base: alt.Chart, level: alt.Y) -> alt.Chart:
    """Return a dot at the point that is nearest to the mouse, with all that is known of it."""
    near = alt.selection_point(
        name="near", nearest=True, on="pointermove", empty=False, clear="pointerout"
    )
    return (
        base.transform_calculate(amount_mm="datum.amount_outstanding_usd / 1e6")
        .mark_point(size=60, filled=True, aria=False)
        .encode(
            y=level,
            opacity=alt.condition(near, alt.value(1), alt.value(0)),
            tooltip=[
                alt.Tooltip("month_end_date:T", title="Month end", format="%Y-%m-%d"),
                alt.Tooltip("rating_group:N", title="Rating"),
                *RATING_TOOLTIPS.values(),
            ],
        )
        .add_params(near)
    )


def rating_base(time: Time) -> alt.Chart:
    """Return the chosen method and measure by month, IG in green and HY in purple."""
    return (
        alt.Chart()
        .transform_filter("datum.method === basis_method && datum.measure === basis_measure")
        .encode(
            x=time.x("month_end_date"),
            color=alt.Color(
                "rating_group:N",
                scale=alt.Scale(domain=["IG", "HY"], range=[GREEN, PURPLE]),
                legend=alt.Legend(orient="top", title=None, symbolType="stroke"),
            ),
        )
    )


def cds_curve(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show the quotes of one CDS curve, its spline, and the bonds on it."""
    points = """
        select
            kind, cusip,
            round(maturity_years, 4) as maturity_years,
            round(cds_par_spread_bps, 3) as cds_par_spread_bps,
            round(fr_yield_spread_bps, 3) as fr_yield_spread_bps,
            round(basis_yield_spread_bps, 3) as basis_yield_spread_bps
        from reports.rpt_cds_curve_drawn
        order by kind, point_number
    """
    [curve] = rows(
        connection,
        """
        select red_code, quote_date, min(ticker) as ticker
        from reports.rpt_cds_curve_drawn
        group by red_code, quote_date
        """,
    )
    return Content(
        intro=(
            "CDS are quoted at a few maturities, bonds mature in between. A cubic spline through "
            "the quotes gives each bond the CDS spread of its own maturity; a maturity outside "
            "the quotes gets none. This is the curve under the most bonds."
        ),
        charts=(
            Chart(
                f"{curve['ticker']}, RED code {curve['red_code']}, CDS of {curve['quote_date']}",
                "Basis points (bps) a year, by years to maturity. Line: the spline. Dot: a quote. "
                "Circle: the spread that the spline gives a bond. Diamond: the bond's own spread, "
                "its yield minus that of its Treasury. From diamond to circle is the basis = CDS "
                "- bond: orange = negative, bond cheap; blue = positive, bond dear. A "
                "circle alone: no Treasury of similar maturity that month.",
                curve_chart(),
            ),
        ),
        notes=("Every curve: cds_bond.fct_cds_curve_points.",),
        data={"rpt_cds_curve_drawn": csv(connection, points)},
    )


def curve_chart() -> alt.LayerChart:
    """Draw one CDS curve by maturity."""
    names = (
        "maturity_years",
        "cds_par_spread_bps",
        "fr_yield_spread_bps",
        "basis_yield_spread_bps",
    )
    table = data("rpt_cds_curve_drawn", {name: "number" for name in names})
    years, spread, own_spread, basis = names
    tooltip = [
        alt.Tooltip(f"{years}:Q", title="Years to maturity", format=".2f"),
        alt.Tooltip(f"{spread}:Q", title="CDS par spread (bps)", format=",.1f"),
    ]
    bond_tooltip = [
        alt.Tooltip("cusip:N", title="CUSIP"),
        *tooltip,
        alt.Tooltip(f"{own_spread}:Q", title="Bond spread (bps)", format=",.1f"),
        alt.Tooltip(f"{basis}:Q", title="Basis (bps)", format="+,.1f"),
    ]

    def of_kind(kind: str, height: str = spread) -> alt.Chart:
        """Return a chart of the points of one kind."""
        return (
            alt.Chart()
            .transform_filter(f"datum.kind === '{kind}' && isValid(datum.{height})")
            .encode(
                x=alt.X(f"{years}:Q", title="Years to maturity"),
                y=alt.Y(f"{height}:Q", title="Basis points a year", scale=alt.Scale(zero=False)),
            )
        )

    gap_color = alt.condition(f"datum.{basis} < 0", alt.value(ORANGE), alt.value(BLUE))
    priced = of_kind("bond", own_spread).encode(color=gap_color)
    layers = alt.layer(
        of_kind("spline").mark_line(color=BLACK, strokeWidth=1.5),
        of_kind("quote")
        .mark_point(color=BLACK, size=45, filled=True, opacity=1)
        .encode(tooltip=tooltip),
        priced.mark_rule(strokeWidth=1.5).encode(y2=f"{spread}:Q"),
        priced.mark_point(shape="diamond", size=90, filled=True, opacity=1).encode(
            tooltip=bond_tooltip
        ),
        of_kind("bond")
        .mark_point(color=BLACK, fill="#fff", size=70, strokeWidth=1.5, opacity=1)
        .encode(tooltip=bond_tooltip),
        data=table,
    )
    return sized(layers, 300)


def attrition(connection: duckdb.DuckDBPyConnection) -> Content | None:
    """Show how many bond-months each step loses, from the vendor file to the basis."""
    found = connection.sql(
        f"select method, count(*) from ({ATTRITION_STEPS}) group by method"
    ).fetchall()
    if not found:
        return None
    methods = method_choices({method for method, _ in found})
    method = selector("sample_method", "Method", methods, METHOD_SHOWN_FIRST)
    chart = Chart(
        "From the delivered bond-months to the basis",
        "Rows. Grey: what is there. Orange: left out for this reason. Blue: added by a join.",
        attrition_bars(max(count for _, count in found)),
    )
    return Content(
        intro=(
            "Why a bond is missing: what every step between the vendor file and the basis leaves "
            "out. A bond-month is one bond at one month end; only the first reason against it "
            "counts."
        ),
        selectors=(method,),
        charts=(chart.led_by(method),),
        notes=(
            "The reason for one bond and month: cds_bond.fct_bond_screening. The same account for "
            "Treasury and CDS quotes: cds_bond.fct_sample_attrition.",
        ),
        data={"rpt_sample_attrition": csv(connection, ATTRITION_STEPS)},
    )


def attrition_bars(bar_count: int) -> alt.LayerChart:
    """Draw what each step of one method leaves out."""
    return waterfall(
        "rpt_sample_attrition",
        "count",
        # The number first: on a narrow page the end of a label may be cut off.
        "format(datum.change, datum.kind === 'total' ? ',' : '+,') + '  ' + datum.title",
        Look(
            [
                alt.Tooltip("title:N", title="Step and reason"),
                alt.Tooltip("change:Q", title="Rows", format="+,"),
                alt.Tooltip("to_count:Q", title="Left after it", format=","),
            ],
            alt.Axis(grid=False, tickCount=5, labelExpr="format(datum.value, ',')"),
            30 * bar_count,
        ),
        keep="datum.method === sample_method",
    )
