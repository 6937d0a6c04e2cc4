"""The tear sheet of one strategy: position, equity, drawdown, years, months, components, stress."""

from __future__ import annotations

import datetime
from dataclasses import replace

import altair as alt
import duckdb

from parspread_tools.report.charts import (
    BLACK,
    BLUE,
    GREY,
    LOCAL_DAY,
    ORANGE,
    Look,
    Time,
    data,
    pointer,
    signed_area,
    sized,
    stacked,
    usd_axis,
    zero_line,
)
from parspread_tools.report.parts import (
    DASH,
    LONG_AND_SHORT,
    Cell,
    Chart,
    Content,
    Table,
    csv,
    number,
    percent,
    rows,
    selector,
    thousand_usd,
)

STRATEGY_SHOWN_FIRST = "balanced"
OF_STRATEGY = "datum.strategy_code === strategy"
LISTED = """
    select
        history.strategy_code, any_value(scorecard.description) as description,
        any_value(scorecard.benchmark_code) as benchmark_code
    from reports.rpt_strategy_history as history
    left join reports.rpt_strategy_scorecard as scorecard using (strategy_code)
    group by history.strategy_code, history.method
    order by history.method desc, history.strategy_code
"""
HISTORY = """
    select
        history.strategy_code, history.date,
        round(history.position_notional_mm, 2) as position_notional_mm,
        round(history.cumulative_pnl_usd) as cumulative_pnl_usd,
        round(history.drawdown_usd) as drawdown_usd,
        round(history.spread_bps, 1) as spread_bps,
        round(benchmark.cumulative_pnl_usd) as benchmark_usd
    from reports.rpt_strategy_history as history
    left join reports.rpt_strategy_scorecard as scorecard using (strategy_code)
    left join reports.rpt_strategy_history as benchmark
        on scorecard.benchmark_code = benchmark.strategy_code and history.date = benchmark.date
    order by history.strategy_code, history.date
"""
MONTHS = """
    select
        strategy_code, month_end_date, round(net_pnl_usd) as net_pnl_usd,
        round(100 * return_dec, 3) as return_pct, round(rolling_sharpe_ratio, 2) as rolling_sharpe
    from reports.rpt_strategy_months
    order by strategy_code, month_end_date
"""
COMPONENTS = """
    select
        strategy_code, component, round(sum(pnl_usd)) as pnl_usd
    from (
        unpivot (
            select strategy_code, coupon_pnl_usd as coupon, time_pnl_usd as time_value,
                roll_pnl_usd as roll_down, spread_pnl_usd as spread_moves, rates_pnl_usd as rates,
                default_pnl_usd as defaults, financing_pnl_usd as financing, -cost_usd as cost
            from reports.rpt_strategy_months
        ) on coupon, time_value, roll_down, spread_moves, rates, defaults, financing, cost
        into name component value pnl_usd
    )
    group by strategy_code, component
    having pnl_usd <> 0
    order by strategy_code, component
"""
STRESS = """
    select
        stress.strategy_code, stress.stress_code, stresses.description,
        round(stress.total_net_pnl_usd) as net_usd, round(stress.sharpe_ratio, 2) as sharpe
    from cdx_overlay.fct_strategy_stress as stress
    inner join catalog.stresses as stresses on stress.stress_code = stresses.stress_code
    inner join (select distinct strategy_code from reports.rpt_strategy_history) as shown
        on stress.strategy_code = shown.strategy_code
    order by stress.strategy_code, stress.stress_code
"""
YEARS = """
    select periods.strategy_code, periods.period_code, periods.net_pnl_usd, periods.return_dec,
        periods.sharpe_ratio, benchmarks.net_pnl_usd as benchmark_usd
    from cdx_overlay.fct_strategy_periods as periods
    left join reports.rpt_strategy_scorecard as scorecard
        on periods.strategy_code = scorecard.strategy_code
    left join cdx_overlay.fct_strategy_periods as benchmarks
        on scorecard.benchmark_code = benchmarks.strategy_code
        and periods.period_kind = benchmarks.period_kind
        and periods.period_code = benchmarks.period_code
    where periods.period_kind = 'year'
    order by periods.strategy_code, periods.period_code
"""
DRAWDOWNS = """
    select strategies.strategy_code, drawdowns.*
    from cdx_overlay.fct_drawdowns as drawdowns
    inner join cdx_overlay.dim_strategies as strategies on drawdowns.run_id = strategies.run_id
    where strategies.companion_of is null and strategies.sweep_code is null
    qualify row_number() over (
        partition by drawdowns.run_id order by drawdowns.depth_usd, drawdowns.drawdown_number
    ) <= 10
    order by strategies.strategy_code, drawdowns.depth_usd, drawdowns.drawdown_number
"""
PERIODS = """
    select 'recession' as kind, first_date, last_date
    from catalog.recessions
    union all
    select 'crisis', first_date, last_date from catalog.sub_periods
    order by kind, first_date
"""
SHADED = (
    "Shaded: recessions of the United States (dark; months by the NBER) and the sub-periods of "
    "catalog.sub_periods (light)."
)
STRATEGY_DATA = data(
    "rpt_strategy_history",
    {
        "date": LOCAL_DAY,
        **dict.fromkeys(
            (
                "position_notional_mm",
                "cumulative_pnl_usd",
                "drawdown_usd",
                "spread_bps",
                "benchmark_usd",
            ),
            "number",
        ),
    },
)
MONTH_DATA = data(
    "rpt_strategy_months",
    {
        "month_end_date": LOCAL_DAY,
        **dict.fromkeys(("net_pnl_usd", "return_pct", "rolling_sharpe"), "number"),
    },
)
THOUSAND = "format(datum.{} / 1000, '+,.1f')"
TOOLTIP = [
    alt.Tooltip("position_notional_mm:Q", title="Position (USD million)", format="+,.1f"),
    alt.Tooltip("spread_bps:Q", title="Index spread (bps)", format=",.1f"),
    alt.Tooltip("net:N", title="Net P&L so far (USD thousand)"),
    alt.Tooltip("behind:N", title="Drawdown (USD thousand)"),
    alt.Tooltip("passive:N", title="Passive seller (USD thousand)"),
]


def time_of(connection: duckdb.DuckDBPyConnection, query: str) -> Time:
    """Return the time from the first to the last day of a query, and what is shaded in it."""
    (ends,) = rows(connection, query)
    periods = tuple(
        {
            "kind": r["kind"],
            "first": str(r["first_date"]),
            "last": str(r["last_date"]),
        }
        for r in rows(connection, PERIODS)
    )
    first, last = ends["first_date"], ends["last_date"]
    if isinstance(first, datetime.datetime):
        first, last = first.date(), last.date()
    return Time(first, last, periods)


def strategies(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show the tear sheet of the chosen strategy."""
    listed = rows(connection, LISTED)
    choices = {
        row["strategy_code"]: ": ".join(filter(None, (row["strategy_code"], row["description"])))
        for row in listed
    }
    strategy = selector("strategy", "Strategy", choices, STRATEGY_SHOWN_FIRST)
    time = time_of(
        connection,
        "select min(date) as first_date, max(date) as last_date from reports.rpt_strategy_history",
    )
    charts = (
        position_chart(time), equity_chart(time), drawdown_chart(time), rolling_chart(time),
        month_chart(), distribution_chart(), component_chart(), stress_chart(),
    )  # fmt: skip
    return Content(
        intro=(
            "The tear sheet: what a strategy held, what that earned after transaction cost, how "
            "far it stood below its best day, and where the money came from."
        ),
        selectors=(strategy,),
        charts=tuple(chart.led_by(strategy) for chart in charts),
        tables=(years_table(connection), drawdowns_table(connection)),
        notes=(
            "Position, equity and drawdown: last session of each week; a fall within a week may be "
            "deeper in the table of drawdowns. Every session: cdx_overlay.fct_backtest_days.",
            SHADED,
        ),
        data={
            "rpt_strategy_history": csv(connection, HISTORY),
            "rpt_strategy_months": csv(connection, MONTHS),
            "components": csv(connection, COMPONENTS),
            "stress": csv(connection, STRESS),
        },
    )


def look_of(time: Time, axis: alt.Axis) -> Look:
    """Return the look of a chart of weeks, with its dollars in thousands for tooltips."""
    calculated = {
        "net": THOUSAND.format("cumulative_pnl_usd"),
        "behind": THOUSAND.format("drawdown_usd"),
        "passive": f"isValid(datum.benchmark_usd) ? {THOUSAND.format('benchmark_usd')} : '{DASH}'",
    }
    return Look(TOOLTIP, axis, 130, time, calculated)


def position_chart(time: Time) -> Chart:
    """Draw the signed notional of one strategy."""
    axis = alt.Axis(tickCount=5, format=",~r", title="USD million")
    return Chart(
        "Position",
        f"USD million of notional. {LONG_AND_SHORT}",
        signed_area(
            STRATEGY_DATA, "position_notional_mm", OF_STRATEGY, look_of(time, axis), "step-after"
        ),
    )


def equity_chart(time: Time) -> Chart:
    """Draw the cumulative net P&L of one strategy beside that of its passive seller."""
    look = look_of(time, usd_axis())
    base = alt.Chart().transform_filter(OF_STRATEGY).transform_calculate(**look.calculated)
    base = base.encode(x=time.x())
    line = base.mark_line(color=BLACK, strokeWidth=1.8).encode(
        y=alt.Y("cumulative_pnl_usd:Q", axis=usd_axis())
    )
    passive = base.mark_line(color=GREY, strokeWidth=1.2, strokeDash=[4, 3]).encode(
        y=alt.Y("benchmark_usd:Q", axis=usd_axis())
    )
    layers = [passive, line, zero_line(), pointer(base, TOOLTIP)]
    return Chart(
        "Equity curve",
        "Cumulative P&L after cost, USD thousand; positive = gain. Dashed grey: selling protection "
        "on the same index and holding it.",
        stacked(layers, STRATEGY_DATA, replace(look, height_px=210)),
    )


def drawdown_chart(time: Time) -> Chart:
    """Draw how far one strategy stood below its peak."""
    return Chart(
        "Drawdown",
        "Cumulative P&L minus its highest value so far, USD thousand; zero = at the peak, "
        "negative = below it.",
        signed_area(STRATEGY_DATA, "drawdown_usd", OF_STRATEGY, look_of(time, usd_axis())),
    )


def rolling_chart(time: Time) -> Chart:
    """Draw the Sharpe ratio of the last 252 sessions."""
    axis = alt.Axis(tickCount=4, title="Sharpe ratio")
    tooltip = [alt.Tooltip("rolling_sharpe:Q", title="Sharpe of 252 sessions", format="+.2f")]
    base = alt.Chart().transform_filter(f"{OF_STRATEGY} && isValid(datum.rolling_sharpe)")
    base = base.encode(x=time.x("month_end_date"))
    line = base.mark_line(color=BLACK, strokeWidth=1.5).encode(
        y=alt.Y("rolling_sharpe:Q", axis=axis)
    )
    layers = [line, zero_line(), pointer(base, tooltip, "month_end_date")]
    return Chart(
        "Rolling Sharpe ratio",
        "Of the 252 sessions up to a month's end, annualised; above zero = gained.",
        stacked(layers, MONTH_DATA, Look(tooltip, axis, 130, time)),
    )


def month_chart() -> Chart:
    """Draw the P&L of every month as a map of years and months."""
    base = (
        alt.Chart()
        .transform_filter(OF_STRATEGY)
        .transform_calculate(
            year="year(datum.month_end_date)",
            month="month(datum.month_end_date) + 1",
            thousand=THOUSAND.format("net_pnl_usd"),
            size="abs(datum.net_pnl_usd)",
        )
        .transform_joinaggregate(furthest="max(size)")
        .transform_calculate(shade="datum.furthest > 0 ? datum.net_pnl_usd / datum.furthest : 0")
        .encode(
            x=alt.X("month:O", title="Month", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("year:O", title="Year", sort="descending"),
            tooltip=[
                alt.Tooltip("month_end_date:T", title="Month", format="%B %Y"),
                alt.Tooltip("thousand:N", title="Net P&L (USD thousand)"),
                alt.Tooltip("return_pct:Q", title="Of capital (%)", format="+.2f"),
            ],
        )
    )
    cells = base.mark_rect().encode(
        color=alt.Color(
            "shade:Q",
            scale=alt.Scale(domain=[-1, 0, 1], range=[ORANGE, "#ffffff", BLUE], interpolate="rgb"),
            legend=None,
        )
    )
    return Chart(
        "Month by month",
        "P&L after cost; blue = gain, orange = loss, the fullest colour is the largest month.",
        sized(alt.layer(cells, data=MONTH_DATA), 240),
    )


def distribution_chart() -> Chart:
    """Draw how often a month earned how much."""
    bars = (
        alt.Chart()
        .transform_filter(f"{OF_STRATEGY} && datum.return_pct !== 0")
        .transform_bin(as_=["low", "high"], field="return_pct", bin=alt.Bin(maxbins=31))
        .transform_aggregate(months="count()", groupby=["low", "high"])
        .transform_calculate(side="datum.high <= 0 ? 'loss' : 'gain'")
        .mark_bar()
        .encode(
            x=alt.X("low:Q", bin="binned", title="Return of a month, percent of capital"),
            x2="high:Q",
            y=alt.Y("months:Q", title="Months", axis=alt.Axis(tickMinStep=1, tickCount=4)),
            color=alt.Color(
                "side:N",
                scale=alt.Scale(domain=["loss", "gain"], range=[ORANGE, BLUE]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("low:Q", title="From (%)", format="+.2f"),
                alt.Tooltip("high:Q", title="To (%)", format="+.2f"),
                alt.Tooltip("months:Q", title="Months"),
            ],
        )
    )
    return Chart(
        "Distribution of monthly returns",
        "Months without P&L are left out. A long bar far to the left is what a Sharpe ratio hides.",
        sized(alt.layer(bars, data=MONTH_DATA), 150),
    )


def bars_by_name(
    table: alt.NamedData, column: str, name: str, tooltip: list, height_px: int
) -> alt.LayerChart:
    """Return signed horizontal bars of the chosen strategy, one for each name."""
    base = (
        alt.Chart()
        .transform_filter(OF_STRATEGY)
        .transform_calculate(
            thousand=THOUSAND.format(column), side=f"datum.{column} < 0 ? 'loss' : 'gain'"
        )
        .encode(y=alt.Y(f"{name}:N", title=None, sort=None, axis=alt.Axis(labelLimit=130)))
    )
    bars = base.mark_bar(height={"band": 0.7}).encode(
        x=alt.X(f"{column}:Q", axis=usd_axis()),
        color=alt.Color(
            "side:N", scale=alt.Scale(domain=["loss", "gain"], range=[ORANGE, BLUE]), legend=None
        ),
        tooltip=[*tooltip, alt.Tooltip("thousand:N", title="P&L (USD thousand)")],
    )
    zero = alt.Chart().mark_rule(color=BLACK, strokeWidth=0.75).encode(x=alt.datum(0))
    return sized(alt.layer(bars, zero, data=table), height_px)


def component_chart() -> Chart:
    """Draw where the P&L of one strategy came from."""
    table = data("components", {"pnl_usd": "number"})
    tooltip = [alt.Tooltip("component:N", title="From")]
    return Chart(
        "Where the P&L came from",
        "USD thousand over the whole run: coupons, the upfront earned back, rolling down the "
        "curve, moves of the spread, defaults, financing, and cost; they add up to net P&L.",
        bars_by_name(table, "pnl_usd", "component", tooltip, 190),
    )


def stress_chart() -> Chart:
    """Draw what one strategy earns under every stress."""
    table = data("stress", {"net_usd": "number", "sharpe": "number"})
    tooltip = [
        alt.Tooltip("description:N", title="Stress"),
        alt.Tooltip("sharpe:Q", title="Sharpe ratio", format="+.2f"),
    ]
    return Chart(
        "Under stress",
        "Net P&L, USD thousand, at other costs, traded later, begun on another day. A strategy "
        "that lives off free or instant trading shows it here.",
        bars_by_name(table, "net_usd", "stress_code", tooltip, 330),
    )


def years_table(connection: duckdb.DuckDBPyConnection) -> Table:
    """Return what each year earned, beside the passive seller."""
    groups: dict[str, list[list[Cell]]] = {}
    for row in rows(connection, YEARS):
        groups.setdefault(row["strategy_code"], []).append(
            [
                Cell(row["period_code"]),
                thousand_usd(row["net_pnl_usd"]),
                percent(row["return_dec"]),
                number(row["sharpe_ratio"], "+.2f"),
                thousand_usd(row["benchmark_usd"]),
            ]
        )
    heads = (
        "Year", "Net P&L, USD thousand", "Of capital", "Sharpe ratio",
        "Passive seller, USD thousand",
    )  # fmt: skip
    return Table(heads, groups, "Year by year", led_by="strategy")


def drawdowns_table(connection: duckdb.DuckDBPyConnection) -> Table:
    """Return the ten deepest falls of each strategy."""
    groups: dict[str, list[list[Cell]]] = {}
    for row in rows(connection, DRAWDOWNS):
        recovered = row["recovery_date"]
        groups.setdefault(row["strategy_code"], []).append(
            [
                Cell(str(row["peak_date"])[:10]),
                Cell(str(row["trough_date"])[:10]),
                Cell(str(recovered)[:10] if recovered else "not yet"),
                thousand_usd(row["depth_usd"]),
                number(row["underwater_sessions"]),
                number(row["to_trough_days"]),
                number(row["to_recovery_days"]),
            ]
        )
    heads = (
        "Peak", "Trough", "Recovered", "Depth, USD thousand", "Sessions below the peak",
        "Days to the trough", "Days from there to recovery",
    )  # fmt: skip
    return Table(heads, groups, "The ten deepest drawdowns", led_by="strategy")
