"""Write the report page: one HTML file that shows a published warehouse and opens offline.

Run `python -m parspread_tools.report --warehouse parspread.duckdb --out report.html`.

The page is the list `SECTIONS`. A section names the `reports` table it shows and a function that
turns the table into charts or a table; where the warehouse has no rows for it, the page says so in
one line. The frame around the sections is `report.html.j2`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import altair as alt
import duckdb
import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined

# Okabe and Ito's palette: told apart with every kind of colour vision.
BLUE, ORANGE, BLACK, GREY = "#0072B2", "#D55E00", "#222222", "#8A8A8A"

METHODS = {
    "standard": "standard: the desk's own definition",
    "compat": "compat: the replaced notebook, exactly",
}
METHOD_SHOWN_FIRST = "standard"
MEASURE_SHOWN_FIRST = "yield_spread"
STRATEGY_SHOWN_FIRST = "balanced"
INSTRUMENT_SHOWN_FIRST = "cdx_ig_5y"
MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
SAMPLE_FOLDER = "seeds/sample"
LOCAL_DAY = "date:'%Y-%m-%d'"  # Vega reads a bare ISO day as UTC and would show the day before

LONG_AND_SHORT = (
    "Blue, above zero: long credit risk, protection sold, gains when spreads tighten. "
    "Orange, below zero: short credit risk, protection bought, gains when spreads widen."
)


@dataclass(frozen=True)
class Cell:
    """One cell of a table: what it says, and whether it deserves less trust."""

    text: str
    is_number: bool = False
    is_doubtful: bool = False
    detail: str = ""


@dataclass(frozen=True)
class Table:
    """A table: column heads, and groups of rows under a heading of their own."""

    heads: tuple[str, ...]
    groups: dict[str, list[list[Cell]]]


@dataclass(frozen=True)
class Chart:
    """A chart and the words above it, which carry unit and sign.

    `choices` are the values of the section's selectors that have data here, joined by a space
    where there are several; None: all have.
    """

    title: str
    caption: str
    picture: alt.TopLevelMixin
    choices: list[str] | None = None


@dataclass(frozen=True)
class Selector:
    """A drop-down that sets one parameter in every chart of its section."""

    parameter: str
    label: str
    choices: dict[str, str]
    chosen: str


@dataclass(frozen=True)
class Content:
    """What a section shows, in this order; `data` is the CSV text that the charts draw."""

    intro: str
    selectors: tuple[Selector, ...] = ()
    charts: tuple[Chart, ...] = ()
    table: Table | None = None
    notes: tuple[str, ...] = ()
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A heading, the `reports` table behind it, and the function that shows the table, or None."""

    heading: str
    table_name: str
    show: Callable[[duckdb.DuckDBPyConnection], Content | None]


# --- Numbers as text ------------------------------------------------------------------------------


def number(value: float | None, pattern: str = ",.0f") -> Cell:
    """Return a right-aligned number, or a dash where there is none.

    >>> number(1234.5).text, number(-0.004, ",.2f").text, number(None).text == DASH
    ('1,234', '0.00', True)
    """
    text = DASH if value is None else f"{value:z{pattern}}"
    return Cell(text.replace("-", MINUS), is_number=True)


def thousand_usd(value_usd: float | None) -> Cell:
    """Return dollars in thousands.

    >>> thousand_usd(2_038_400.0).text
    '2,038'
    """
    return number(None if value_usd is None else value_usd / 1000)


def percent(value_share: float | None) -> Cell:
    """Return a fraction as a percentage.

    >>> percent(0.278).text
    '28%'
    """
    return number(value_share, ".0%")


def doubtful(cell: Cell, quality_status: str) -> Cell:
    """Return `cell`, greyed with the reason unless `quality_status` is ok; a dash has one too."""
    if quality_status == "ok":
        return cell
    return Cell(cell.text, cell.is_number, True, words(quality_status))


def words(code: str) -> str:
    """Return a code as words.

    >>> words("insufficient_trades")
    'insufficient trades'
    """
    return code.replace("_", " ")


def title(code: str) -> str:
    """Return a code as a title, with the field's abbreviations in capitals.

    >>> title("cdx_etf_basis")
    'CDX ETF basis'
    """
    spelled = [
        w.upper() if w in ("cdx", "cds", "etf", "red", "vix") else w for w in code.split("_")
    ]
    return spelled[0][:1].upper() + " ".join(spelled)[1:]


# --- Reading --------------------------------------------------------------------------------------


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Return the rows of `sql` by column name, NaN as None."""
    result = connection.sql(sql)
    listed = [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]
    return [{k: None if v != v else v for k, v in row.items()} for row in listed]


def csv(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return the rows of `sql` as CSV, the shortest way to carry them inside the page."""
    return connection.sql(sql).df().to_csv(index=False, lineterminator="\n")


def has_rows(connection: duckdb.DuckDBPyConnection, table_name: str) -> bool:
    """Return whether `reports` has a table of this name with a row in it."""
    known = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'reports' and table_name = ?",
        [table_name],
    ).fetchone()
    return known is not None and bool(rows(connection, f"from reports.{table_name} limit 1"))


def first_of(wanted: str, choices: dict[str, str]) -> str:
    """Return `wanted` if it is a choice, else the first choice."""
    return wanted if wanted in choices else next(iter(choices))


# --- Parts of charts ------------------------------------------------------------------------------


def data(table_name: str, parse: dict[str, str]) -> alt.NamedData:
    """Return a reference to the page's CSV text `table_name`, with the type of its columns."""
    return alt.NamedData(name=table_name, format=alt.CsvDataFormat(type="csv", parse=parse))


def usd_axis(grid: bool = True) -> alt.Axis:
    """Return an axis that shows dollars in thousands."""
    return alt.Axis(labelExpr="format(datum.value / 1000, ',')", tickCount=5, grid=grid)


def sized(picture: alt.LayerChart, height_px: int) -> alt.LayerChart:
    """Return `picture` as wide as its place on the page."""
    return picture.properties(
        width="container",
        height=height_px,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )


def signed_area(
    table: alt.NamedData,
    column: str,
    keep: str,
    *,
    tooltip: list[alt.Tooltip],
    axis: alt.Axis,
    height_px: int,
    interpolate: str = "linear",
) -> alt.LayerChart:
    """Return an area over time, blue above and orange below a zero line.

    Parameters
    ----------
    table : alt.NamedData
        Rows with a `date` and `column`.
    column : str
        What to draw.
    keep : str
        Vega expression that picks the rows of one series.
    tooltip : list of alt.Tooltip
        What a reader sees who points at a date.
    axis : alt.Axis
        The vertical axis.
    height_px : int
        Height in pixels.
    interpolate : {"linear", "step-after"}
        How two points are joined; a position holds until it changes.

    Returns
    -------
    alt.LayerChart
        Without its parameter, which the caller adds.
    """
    base = alt.Chart().transform_filter(keep).encode(x=alt.X("date:T", title=None))
    parts = [
        base.transform_calculate(part=f"{side}(datum.{column}, 0)")
        .mark_area(color=color, opacity=0.75, interpolate=interpolate)
        .encode(y=alt.Y("part:Q", title=None, axis=axis))
        for side, color in (("max", BLUE), ("min", ORANGE))
    ]
    return sized(alt.layer(*parts, zero_line(), pointer(base, tooltip), data=table), height_px)


def waterfall(
    table_name: str,
    unit: str,
    *,
    label: str,
    tooltip: list[alt.Tooltip],
    axis: alt.Axis,
    height_px: int,
    keep: str = "true",
) -> alt.LayerChart:
    """Return bars from one total to the next: grey totals, orange falls, blue rises.

    Parameters
    ----------
    table_name : str
        The page's table with `step_number`, `title`, and `from_` and `to_` followed by `unit`;
        a total starts at zero.
    unit : str
        Last word of the two columns, such as usd.
    label : str
        Vega expression that writes what stands above a bar.
    tooltip : list of alt.Tooltip
        What a reader sees who points at a bar; `change` is the length of the bar, signed.
    axis : alt.Axis
        The horizontal axis.
    height_px : int
        Height in pixels; a bar with its label takes about 30.
    keep : str
        Vega expression that picks the rows of one series.

    Returns
    -------
    alt.LayerChart
        Without its parameter, which the caller adds.
    """
    start, stop = f"datum.from_{unit}", f"datum.to_{unit}"
    # Thin lines keep a label with its bar, which may lie at the other end of the row.
    row_lines = alt.Axis(
        title=None, labels=False, ticks=False, grid=True, tickBand="extent", minExtent=0
    )
    base = (
        alt.Chart()
        .transform_filter(keep)
        .transform_calculate(
            change=f"{stop} - {start}",
            kind=f"{start} === 0 ? 'total' : {stop} < {start} ? 'fall' : 'rise'",
            label=label,
        )
        .encode(y=alt.Y("step_number:O", axis=row_lines))
    )
    bars = base.mark_bar(height=12, yOffset=8).encode(
        x=alt.X(f"from_{unit}:Q", title=None, axis=axis),
        x2=f"to_{unit}:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=["total", "fall", "rise"], range=[GREY, ORANGE, BLUE]),
            legend=None,
        ),
        tooltip=tooltip,
    )
    # Above its bar a label has the whole width of the page.
    labels = base.mark_text(align="left", dy=-7, color=BLACK).encode(x=alt.value(0), text="label:N")
    numbers = {"step_number": "number", f"from_{unit}": "number", f"to_{unit}": "number"}
    return sized(alt.layer(bars, labels, data=data(table_name, numbers)), height_px)


def zero_line() -> alt.Chart:
    """Return a thin line at zero."""
    return alt.Chart().mark_rule(color=BLACK, strokeWidth=0.75).encode(y=alt.datum(0))


def pointer(base: alt.Chart, tooltip: list[alt.Tooltip]) -> alt.Chart:
    """Return invisible full-height lines that answer a mouse or finger at each date."""
    return base.mark_rule(opacity=0, strokeWidth=4, aria=False).encode(
        tooltip=[alt.Tooltip("date:T", title="Date", format="%Y-%m-%d"), *tooltip]
    )


# --- Signals --------------------------------------------------------------------------------------


def signals(connection: duckdb.DuckDBPyConnection) -> Content | None:
    """Show the composite and each signal of one instrument."""
    series = """
        select
            case kind when 'composite' then kind else score_code end as series,
            instrument_code, date, round(score, 2) as score
        from reports.rpt_signal_history
        where method = 'standard'
    """
    found = rows(
        connection,
        f"""
        select series, list(distinct instrument_code order by instrument_code) as instruments
        from ({series})
        group by series
        order by series <> 'composite', series
        """,
    )
    if not found:
        return None
    instruments = sorted({code for row in found for code in row["instruments"]})
    choices = {code: code for code in instruments}
    chosen = first_of(INSTRUMENT_SHOWN_FIRST, choices)
    return Content(
        intro=(
            "Each signal asks one question about the index: is it wide against its ETF, wide "
            "against equity volatility (VIX), has it been tightening? The composite weighs "
            "them together, and is what most strategies trade. Scores are in standard "
            f"deviations (z). {LONG_AND_SHORT}"
        ),
        selectors=(Selector("instrument", "Instrument", choices, chosen),),
        charts=tuple(signal_chart(row["series"], row["instruments"], chosen) for row in found),
        notes=(
            "Last session of each week. Formulas and weights: cdx_overlay.dim_signals. Only the "
            "desk's own definitions are drawn; those that reproduce replaced systems are in "
            "reports.rpt_signal_history.",
        ),
        data={"rpt_signal_history": csv(connection, f"{series} order by all")},
    )


def signal_chart(series: str, choices: list[str], chosen: str) -> Chart:
    """Draw the history of one score, which the instruments `choices` have."""
    picture = signed_area(
        data("rpt_signal_history", {"date": LOCAL_DAY, "score": "number"}),
        "score",
        f"datum.series === {json.dumps(series)} && datum.instrument_code === instrument",
        tooltip=[alt.Tooltip("score:Q", title="Score (z)", format="+.2f")],
        axis=alt.Axis(tickCount=5, format="d"),
        height_px=150 if series == "composite" else 100,
    )
    return Chart(
        title(series),
        "Standard deviations (z); positive = long credit risk.",
        picture.add_params(alt.param(name="instrument", value=chosen)),
        choices,
    )


# --- Strategies -----------------------------------------------------------------------------------


def strategies(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show position, P&L and drawdown of one strategy."""
    listed = rows(
        connection,
        """
        select history.strategy_code, any_value(scorecard.description) as description
        from reports.rpt_strategy_history as history
        left join reports.rpt_strategy_scorecard as scorecard using (strategy_code)
        group by history.strategy_code, history.method
        order by history.method desc, history.strategy_code
        """,
    )
    choices = {
        row["strategy_code"]: ": ".join(filter(None, (row["strategy_code"], row["description"])))
        for row in listed
    }
    chosen = first_of(STRATEGY_SHOWN_FIRST, choices)
    history = """
        select
            strategy_code, date,
            round(position_notional_mm, 2) as position_notional_mm,
            round(cumulative_pnl_usd) as cumulative_pnl_usd,
            round(drawdown_usd) as drawdown_usd,
            round(spread_bps, 1) as spread_bps
        from reports.rpt_strategy_history
        order by strategy_code, date
    """
    return Content(
        intro=(
            "What a strategy held, what that earned after transaction cost, and how far it stood "
            "below its best day so far."
        ),
        selectors=(Selector("strategy", "Strategy", choices, chosen),),
        charts=tuple(
            Chart(
                chart.title,
                chart.caption,
                chart.picture.add_params(alt.param(name="strategy", value=chosen)),
            )
            for chart in (position_chart(), equity_chart(), drawdown_chart())
        ),
        notes=(
            "Last session of each week, so that a fall within a week may be deeper in the "
            "scorecard. Every session: cdx_overlay.fct_backtest_days.",
        ),
        data={"rpt_strategy_history": csv(connection, history)},
    )


STRATEGY_DATA = data(
    "rpt_strategy_history",
    {
        "date": LOCAL_DAY,
        "position_notional_mm": "number",
        "cumulative_pnl_usd": "number",
        "drawdown_usd": "number",
        "spread_bps": "number",
    },
)
OF_STRATEGY = "datum.strategy_code === strategy"
STRATEGY_TOOLTIP = [
    alt.Tooltip("position_notional_mm:Q", title="Position (USD million)", format="+,.1f"),
    alt.Tooltip("spread_bps:Q", title="Index spread (bps)", format=",.1f"),
    alt.Tooltip("cumulative_pnl_usd:Q", title="Net P&L so far (USD)", format="+,.0f"),
    alt.Tooltip("drawdown_usd:Q", title="Drawdown (USD)", format="+,.0f"),
]


def position_chart() -> Chart:
    """Draw the signed notional of one strategy."""
    return Chart(
        "Position",
        f"USD million of notional. {LONG_AND_SHORT}",
        signed_area(
            STRATEGY_DATA,
            "position_notional_mm",
            OF_STRATEGY,
            tooltip=STRATEGY_TOOLTIP,
            axis=alt.Axis(tickCount=5, format=",~r"),
            height_px=130,
            interpolate="step-after",
        ),
    )


def equity_chart() -> Chart:
    """Draw the cumulative net P&L of one strategy."""
    base = alt.Chart().transform_filter(OF_STRATEGY).encode(x=alt.X("date:T", title=None))
    line = base.mark_line(color=BLACK, strokeWidth=1.5).encode(
        y=alt.Y("cumulative_pnl_usd:Q", title=None, axis=usd_axis())
    )
    layers = alt.layer(line, zero_line(), pointer(base, STRATEGY_TOOLTIP), data=STRATEGY_DATA)
    return Chart(
        "Equity curve",
        "Cumulative P&L after cost, USD thousand; positive = gain.",
        sized(layers, 190),
    )


def drawdown_chart() -> Chart:
    """Draw how far one strategy stood below its peak."""
    return Chart(
        "Drawdown",
        "Cumulative P&L minus its highest value so far, USD thousand; zero = at the peak, "
        "negative = below it.",
        signed_area(
            STRATEGY_DATA,
            "drawdown_usd",
            OF_STRATEGY,
            tooltip=STRATEGY_TOOLTIP,
            axis=usd_axis(),
            height_px=130,
        ),
    )


# --- Scorecard ------------------------------------------------------------------------------------


def scorecard(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show one line per strategy, with unreliable ratios greyed."""
    listed = rows(
        connection,
        """
        from reports.rpt_strategy_scorecard
        order by method desc, instrument_code, strategy_code
        """,
    )
    groups: dict[str, list[list[Cell]]] = {}
    for row in listed:
        heading = "The desk's strategies" if row["method"] == "standard" else "Replicas"
        groups.setdefault(heading, []).append(scorecard_row(row))
    heads = (
        "Strategy",
        "Instrument and years",
        "Trades",
        "Enough data?",
        "Net P&L, USD thousand",
        "Cost, USD thousand",
        "Largest drawdown, USD thousand",
        "Sharpe ratio",
        "Newey-West t",
        "Deflated Sharpe",
        "Hit rate",
        "Profit factor",
        "Sessions held, mean",
        "In the market",
    )
    return Content(
        intro=(
            "What each strategy earned, what it paid, and how many trades stand behind it. "
            "A ratio in grey italics rests on too few trades or sessions: do not rely on it. "
            "On a handful there is none."
        ),
        table=Table(heads, groups),
        notes=(
            "Sharpe ratio: mean over deviation of session returns, a year's worth. Newey-West t: "
            "how many standard errors the mean return is from zero; about 2 is the usual bar. "
            "Deflated Sharpe: probability that the true ratio is above what the luckiest of "
            "as many useless runs on the same data would show. Profit factor: money won over money "
            "lost, by trade.",
        ),
    )


def scorecard_row(row: dict[str, Any]) -> list[Cell]:
    """Return the cells of one strategy."""
    status = row["quality_status"]
    ratios = (
        number(row["sharpe_ratio"], ".2f"),
        number(row["newey_west_t_ratio"], ".2f"),
        percent(row["deflated_sharpe_share"]),
        percent(row["hit_rate_share"]),
        number(row["profit_factor_trade_ratio"], ".2f"),
    )
    first, last = row["first_date"].year, row["last_date"].year
    years = str(first) if first == last else f"{first}{DASH}{last}"
    return [
        Cell(row["strategy_code"], detail=row["description"] or ""),
        Cell(row["instrument_code"], detail=years),
        number(row["trade_count"]),
        Cell("yes" if status == "ok" else f"no: {words(status)}", is_doubtful=status != "ok"),
        thousand_usd(row["total_net_pnl_usd"]),
        thousand_usd(row["total_cost_usd"]),
        thousand_usd(row["max_drawdown_usd"]),
        *(doubtful(cell, status) for cell in ratios),
        number(row["mean_holding_sessions"], ",.1f"),
        percent(row["exposure_share"]),
    ]


# --- Notebook bridge ------------------------------------------------------------------------------


def macrocredit_bridge(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show what each repair of the notebook moves."""
    listed = rows(connection, "from reports.rpt_macrocredit_bridge order by step_number")
    steps = """
        select
            step_number, step_number || '. ' || title as title,
            total_net_pnl_usd - coalesce(change_from_previous_usd, total_net_pnl_usd) as from_usd,
            total_net_pnl_usd as to_usd
        from reports.rpt_macrocredit_bridge
        union all
        select max(step_number) + 1, 'What is left', 0, arg_max(total_net_pnl_usd, step_number)
        from reports.rpt_macrocredit_bridge
        order by step_number
    """
    lines = [
        [
            number(row["step_number"]),
            Cell(row["title"], detail=row["explanation"]),
            thousand_usd(row["total_net_pnl_usd"]),
            thousand_usd(row["change_from_previous_usd"]),
            doubtful(number(row["sharpe_ratio"], ".2f"), row["quality_status"]),
            number(row["trade_count"]),
        ]
        for row in listed
    ]
    heads = (
        "Step",
        "What was repaired, and why",
        "Net P&L, USD thousand",
        "Change, USD thousand",
        "Sharpe ratio",
        "Trades",
    )
    return Content(
        intro=(
            "From the result the notebook printed to one that can be defended: each step repairs "
            "one thing more and keeps the repairs before it."
        ),
        charts=(bridge_chart(),),
        table=Table(heads, {"": lines}),
        notes=("A ratio in grey italics rests on too few trades or sessions.",),
        data={"rpt_macrocredit_bridge": csv(connection, steps)},
    )


def bridge_chart() -> Chart:
    """Draw the repairs as a waterfall from the printed to the repaired P&L."""
    return Chart(
        "From the printed to the repaired result",
        "P&L after cost, USD thousand; positive = gain. Grey: a total. Orange: a repair that "
        "lowers it. Blue: a repair that raises it.",
        waterfall(
            "rpt_macrocredit_bridge",
            "usd",
            label="datum.title + ': ' + format(datum.change / 1000, '+,.1f')",
            tooltip=[
                alt.Tooltip("title:N", title="Step"),
                alt.Tooltip("change:Q", title="Change (USD)", format="+,.0f"),
                alt.Tooltip("to_usd:Q", title="Net P&L after it (USD)", format="+,.0f"),
            ],
            axis=usd_axis(grid=False),
            height_px=250,
        ),
    )


# --- The basis by rating --------------------------------------------------------------------------


def basis_by_rating(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show the monthly means of the basis and of what it is made of, IG beside HY."""
    defined = rows(
        connection, "select distinct method, measure from reports.rpt_basis_by_rating order by all"
    )
    methods = method_choices({row["method"] for row in defined})
    measures = {row["measure"]: words(row["measure"]) for row in defined}
    method = first_of(METHOD_SHOWN_FIRST, methods)
    measure = first_of(MEASURE_SHOWN_FIRST, measures)
    pairs = [f"{row['method']} {row['measure']}" for row in defined]
    [size] = rows(
        connection,
        """
        select
            avg(mean_bid_ask_bps_of_price) as bid_ask_bps_of_price,
            avg(mean_bid_ask_seed_bps) as bid_ask_seed_bps
        from reports.rpt_basis_by_rating
        """,
    )
    means = """
        select
            method, measure, month_end_date, rating_group, bond_count,
            round(mean_basis_bps, 2) as basis_bps,
            round(mean_implied_rf_pct, 4) as implied_rf_pct,
            round(mean_bond_yield_pct, 4) as bond_yield_pct,
            round(mean_cds_par_spread_bps, 2) as cds_par_spread_bps,
            round(mean_bid_ask_bps_of_price, 2) as bid_ask_bps_of_price,
            round(mean_bid_ask_seed_bps, 4) as bid_ask_seed_bps,
            round(mean_amount_outstanding_usd) as amount_outstanding_usd
        from reports.rpt_basis_by_rating
        order by all
    """
    return Content(
        intro=(
            "A bond and a credit default swap (CDS) on its issuer pay for the same risk. The "
            "basis is what is left of the difference: basis = CDS spread - bond "
            "spread; negative = the bond is cheap against its CDS. Each point is the mean over "
            "the bonds of a month: IG, investment grade, in blue; HY, high yield, in orange."
        ),
        selectors=(
            Selector("basis_method", "Method", methods, method),
            Selector("basis_measure", "Bond spread measured as", measures, measure),
        ),
        charts=tuple(
            Chart(
                chart.title,
                chart.caption,
                chart.picture.add_params(
                    alt.param(name="basis_method", value=method),
                    alt.param(name="basis_measure", value=measure),
                ),
                pairs,
            )
            for chart in rating_charts()
        ),
        notes=(
            "The notebook divided the bid-ask spread, already a fraction of price, by the price "
            "once more. What it plotted is kept as bid_ask_seed_bps, about 100 times too small: "
            f"on average {number(size['bid_ask_seed_bps'], '.2f').text} here, where the bid-ask "
            f"spread is {number(size['bid_ask_bps_of_price'], '.1f').text} bps of price. "
            "Point at a month to see both.",
            "The notebook compares calendar month ends with business days, so that compat has no "
            "month that ends on a weekend. Bond by bond: cds_bond.fct_bond_basis.",
        ),
        data={"rpt_basis_by_rating": csv(connection, means)},
    )


def method_choices(found: set[str]) -> dict[str, str]:
    """Return the methods `found` and what they are, the desk's own first.

    >>> list(method_choices({"compat", "standard"}))
    ['standard', 'compat']
    """
    return {code: said for code, said in METHODS.items() if code in found}


def rating_charts() -> tuple[Chart, ...]:
    """Draw each monthly mean by rating."""
    solid = "Solid, left axis: bond yield, percent a year. Dashed, right axis: mean "
    return (
        Chart(
            "Basis",
            "Basis points (bps); basis = CDS - bond, negative = bond cheap.",
            rating_lines("basis_bps", has_zero_line=True),
        ),
        Chart(
            "Implied risk-free rate",
            "Percent a year; Treasury yield - basis: what a bond hedged with its "
            "CDS earns. Above the Treasury yield where the basis is negative.",
            rating_lines("implied_rf_pct"),
        ),
        Chart("Bond yield", "Percent a year, to maturity.", rating_lines("bond_yield_pct")),
        Chart(
            "CDS par spread",
            "Basis points (bps) a year at the maturity of each bond; the price of protection, "
            "always positive.",
            rating_lines("cds_par_spread_bps"),
        ),
        Chart(
            "Yield against bid-ask",
            f"{solid}bid-ask spread, bps of price.",
            rating_lines("bond_yield_pct", dashed="bid_ask_bps_of_price"),
        ),
        Chart(
            "Yield against amount outstanding",
            f"{solid}amount outstanding of a bond, USD million.",
            rating_lines("bond_yield_pct", dashed="amount_outstanding_usd"),
        ),
    )


def rating_lines(
    column: str, *, dashed: str | None = None, has_zero_line: bool = False
) -> alt.LayerChart:
    """Return one line over time for each rating, with a second measure dashed on the right."""
    columns = {
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
        "bid_ask_seed_bps": alt.Tooltip(
            "bid_ask_seed_bps:Q", title="As the notebook had it", format=",.2f"
        ),
        "amount_outstanding_usd": alt.Tooltip(
            "amount_outstanding_usd:Q", title="Amount outstanding (USD)", format=",.0f"
        ),
    }
    base = (
        alt.Chart()
        .transform_filter("datum.method === basis_method && datum.measure === basis_measure")
        .encode(
            # With the year on every label: the first of a few years would have none.
            x=alt.X(
                "month_end_date:T",
                title=None,
                axis=alt.Axis(format="%b %Y", labelOverlap=True, labelSeparation=14),
            ),
            color=alt.Color(
                "rating_group:N",
                scale=alt.Scale(domain=["IG", "HY"], range=[BLUE, ORANGE]),
                legend=alt.Legend(orient="top", title=None, symbolType="stroke"),
            ),
        )
    )
    level = alt.Y(
        f"{column}:Q", title=None, axis=alt.Axis(tickCount=5), scale=alt.Scale(zero=False)
    )
    layers = [
        base.mark_line(strokeWidth=1.5, point=alt.OverlayMarkDef(size=14)).encode(y=level),
        base.mark_point(size=150, opacity=0, filled=True, aria=False).encode(
            y=level,
            tooltip=[
                alt.Tooltip("month_end_date:T", title="Month end", format="%Y-%m-%d"),
                alt.Tooltip("rating_group:N", title="Rating"),
                *columns.values(),
            ],
        ),
    ]
    if has_zero_line:
        layers.insert(0, zero_line())
    if dashed:
        axis = alt.Axis(orient="right", grid=False, tickCount=5)
        if dashed.endswith("_usd"):
            axis.labelExpr = "format(datum.value / 1e6, ',')"
        second = alt.Y(f"{dashed}:Q", title=None, axis=axis, scale=alt.Scale(zero=False))
        line = base.mark_line(strokeWidth=1.2, strokeDash=[4, 3]).encode(y=second)
        layers = [alt.layer(*layers), line]
    numbers = {name: "number" for name in columns}
    table = data("rpt_basis_by_rating", {"month_end_date": LOCAL_DAY} | numbers)
    picture = sized(alt.layer(*layers, data=table), 200)
    return picture.resolve_scale(y="independent") if dashed else picture


# --- One CDS curve --------------------------------------------------------------------------------


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
            "the quotes gets none. This is the curve under most bonds."
        ),
        charts=(
            Chart(
                f"{curve['ticker']}, RED code {curve['red_code']}, CDS of {curve['quote_date']}",
                "Basis points (bps) a year, by years to maturity. Line: the spline. Dot: a quote. "
                "Circle: the spread that the spline gives a bond. Diamond: the bond's own spread, "
                "its yield minus that of its Treasury. From diamond to circle is the basis = CDS "
                "- bond: orange = negative, bond cheap; blue = positive, bond dear. A "
                "circle alone: no Treasury of like maturity that month.",
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
                y=alt.Y(f"{height}:Q", title=None, scale=alt.Scale(zero=False)),
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


# --- What the basis leaves out --------------------------------------------------------------------


def attrition(connection: duckdb.DuckDBPyConnection) -> Content | None:
    """Show how many bond-months each step loses, from the vendor file to the basis."""
    # After the bond-months that have a CDS spread come, measure by measure, those with a basis.
    steps = """
        with lines as (
            select *, population = 'bond_months' as is_sample
            from reports.rpt_sample_attrition
            where population not in ('treasury_months', 'cds_quotes')
        ),
        steps as (
            select
                method, is_sample, population, line_number,
                replace(reason || ' (' || step || ')', '_', ' ') as title,
                rows_in as from_count, rows_out as to_count
            from lines
            union all
            select
                method, is_sample, population, 0, 'delivered', 0, min_by(rows_in, line_number)
            from lines
            where is_sample
            group by all
            union all
            select
                method, is_sample, population, max(line_number) + 1,
                if(is_sample, 'with a CDS spread, in fct_bond_basis',
                    'with a basis by ' || replace(population, '_', ' ')),
                0, max_by(rows_out, line_number)
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
    found = connection.sql(f"select method, count(*) from ({steps}) group by method").fetchall()
    if not found:
        return None
    methods = method_choices({method for method, _ in found})
    method = first_of(METHOD_SHOWN_FIRST, methods)
    picture = waterfall(
        "rpt_sample_attrition",
        "count",
        # The number first: on a narrow page the end of a label may be cut off.
        label="format(datum.change, datum.kind === 'total' ? ',' : '+,') + '  ' + datum.title",
        tooltip=[
            alt.Tooltip("title:N", title="Step and reason"),
            alt.Tooltip("change:Q", title="Rows", format="+,"),
            alt.Tooltip("to_count:Q", title="Left after it", format=","),
        ],
        axis=alt.Axis(grid=False, tickCount=5, labelExpr="format(datum.value, ',')"),
        height_px=30 * max(count for _, count in found),
        keep="datum.method === sample_method",
    )
    return Content(
        intro=(
            "Why a bond is missing: what every step between the vendor file and the basis leaves "
            "out. A bond-month is one bond at one month end; only the first reason against it "
            "counts."
        ),
        selectors=(Selector("sample_method", "Method", methods, method),),
        charts=(
            Chart(
                "From the delivered bond-months to the basis",
                "Rows. Grey: what is there. Orange: left out for this reason. Blue: added by a "
                "join.",
                picture.add_params(alt.param(name="sample_method", value=method)),
            ),
        ),
        notes=(
            "The reason for one bond and month: cds_bond.fct_bond_screening. The same account for "
            "Treasury and CDS quotes: cds_bond.fct_sample_attrition.",
        ),
        data={"rpt_sample_attrition": csv(connection, steps)},
    )


# --- Data quality ---------------------------------------------------------------------------------


def data_quality(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show how many rows came, and why some were left out."""
    listed = rows(
        connection,
        """
        select
            data_set,
            source_name,
            sum(row_count) filter (where reason = 'delivered') as delivered_count,
            coalesce(sum(row_count) filter (where reason <> 'delivered'), 0) as left_out_count,
            string_agg(
                format('{:,} ', row_count) || replace(reason, '_', ' '), ', '
                order by row_count desc, reason
            ) filter (where reason <> 'delivered') as reasons
        from reports.rpt_data_quality
        group by data_set, source_name
        order by data_set, source_name
        """,
    )
    headings = {"desk": "Desk files", "macrocredit": "Macrocredit year"}
    groups: dict[str, list[list[Cell]]] = {}
    for row in listed:
        line = [
            Cell(row["source_name"]),
            number(row["delivered_count"]),
            number(row["left_out_count"]),
            Cell(row["reasons"] or DASH),
        ]
        groups.setdefault(headings.get(row["data_set"], row["data_set"]), []).append(line)
    return Content(
        intro="Rows each vendor file delivered, and rows left out before any number was made.",
        table=Table(("File", "Rows delivered", "Rows left out", "Reasons"), groups),
        notes=("Every row left out, as it was delivered: quality.fct_rejected_rows.",),
    )


# --- The page -------------------------------------------------------------------------------------

SECTIONS = (
    Section("Signals", "rpt_signal_history", signals),
    Section("Strategies", "rpt_strategy_history", strategies),
    Section("Scorecard", "rpt_strategy_scorecard", scorecard),
    Section("The notebook, repaired", "rpt_macrocredit_bridge", macrocredit_bridge),
    Section("The CDS-bond basis", "rpt_basis_by_rating", basis_by_rating),
    Section("A CDS curve and its bonds", "rpt_cds_curve_drawn", cds_curve),
    Section("Bonds left out", "rpt_sample_attrition", attrition),
    Section("Data quality", "rpt_data_quality", data_quality),
)


def build_line(connection: duckdb.DuckDBPyConnection) -> str:
    """Say which build the page shows, and whether its data are simulated."""
    build = rows(connection, "from quality.dim_build")[0]
    origin = (
        "simulated market data of the committed sample: shapes are lifelike, results are not real"
        if build["data_dir"] == SAMPLE_FOLDER
        else f"data folder {Path(build['data_dir']).name}"
    )
    return f"Build {build['build_id'][:8]} of {build['started_at']:%Y-%m-%d %H:%M} UTC, {origin}."


def render(warehouse: Path) -> str:
    """Return the page of the published file `warehouse`.

    Parameters
    ----------
    warehouse : Path
        A published DuckDB file; opened read-only.

    Returns
    -------
    str
        HTML that needs nothing beside itself: charts, data and chart library are inside.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        shown = [
            (section, has_rows(connection, section.table_name) and section.show(connection))
            for section in SECTIONS
        ]
        build = build_line(connection)
    contents = [content for _, content in shown if content]
    specs = [chart.picture.to_dict() for content in contents for chart in content.charts]
    page = {
        "specs": specs,
        "tables": {name: text for content in contents for name, text in content.data.items()},
    }
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        build=build, shown=shown, page=page, chart_library=vl_convert.javascript_bundle()
    )


def main(arguments: list[str] | None = None) -> None:
    """Write the report page."""
    parser = argparse.ArgumentParser(prog="parspread_tools.report", description=main.__doc__)
    parser.add_argument("--warehouse", type=Path, default=Path("parspread.duckdb"))
    parser.add_argument("--out", type=Path, default=Path("report.html"))
    options = parser.parse_args(arguments)
    if not options.warehouse.is_file():
        parser.error(f"--warehouse must name a published warehouse; {options.warehouse} is not one")
    options.out.write_text(render(options.warehouse), encoding="utf-8")
    print(f"{options.out} shows {options.warehouse}")


if __name__ == "__main__":
    main()
