"""The page's sections on the CDX overlay: signals, strategies, scorecard, macro-credit bridge."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import duckdb

from parspread_tools.report.charts import (
    BLACK,
    LOCAL_DAY,
    Look,
    Time,
    data,
    pointer,
    signed_area,
    stacked,
    usd_axis,
    waterfall,
)
from parspread_tools.report.parts import (
    DASH,
    LONG_AND_SHORT,
    Cell,
    Chart,
    Content,
    Table,
    csv,
    doubtful,
    number,
    percent,
    rows,
    selector,
    thousand_usd,
    title,
    words,
)
from parspread_tools.report.tearsheet import SHADED, time_of

INSTRUMENT_SHOWN_FIRST = "cdx_ig_5y"
SERIES = """
    select
        case kind when 'composite' then kind else score_code end as series,
        instrument_code, date, round(score, 2) as score
    from reports.rpt_signal_history
    where method = 'standard'
        and (kind = 'composite' or score_code in (select signal_code from catalog.composites))
"""


def signals(connection: duckdb.DuckDBPyConnection) -> Content | None:
    """Show the index and the VIX, the composite and each signal of one instrument."""
    found = rows(
        connection,
        f"""
        select series, list(distinct instrument_code order by instrument_code) as instruments
        from ({SERIES})
        group by series
        order by series <> 'composite', series
        """,
    )
    if not found:
        return None
    instruments = sorted({code for row in found for code in row["instruments"]})
    choices = {code: code for code in instruments}
    instrument = selector("instrument", "Instrument", choices, INSTRUMENT_SHOWN_FIRST)
    listed = ", ".join(f"'{code}'" for code in instruments)
    market = f"""
        select
            instrument_code, date, round(cdx_spread_bps, 1) as spread_bps,
            round(vix_close_pts, 1) as vix_pts
        from cdx_overlay.fct_instrument_daily
        where instrument_code in ({listed})
        qualify row_number() over (
            partition by instrument_code, date_trunc('week', date) order by date desc
        ) = 1
    """
    time = time_of(
        connection, f"select min(date) as first_date, max(date) as last_date from ({market})"
    )
    return Content(
        intro=(
            "Each signal asks one question about the index: is it wide against its ETF, wide "
            "against equity volatility (VIX), has it been tightening? The composite weighs "
            "them together, and is what most strategies trade. Scores are in standard "
            f"deviations (z), cut off at -3 and +3. {LONG_AND_SHORT}"
        ),
        selectors=(instrument,),
        charts=(
            market_chart("spread_bps", "Index spread, bps", time).led_by(instrument),
            market_chart("vix_pts", "VIX, points", time).led_by(instrument),
            *(
                signal_chart(row["series"], time).led_by(instrument, choices=row["instruments"])
                for row in found
            ),
        ),
        notes=(
            "Last session of each week. Formulas and weights: cdx_overlay.dim_signals. Only the "
            "desk's own method is drawn, as far as composites weigh it; others are in "
            "reports.rpt_signal_history.",
            SHADED,
        ),
        data={
            "rpt_signal_history": csv(connection, f"{SERIES} order by all"),
            "market": csv(connection, f"{market} order by instrument_code, date"),
        },
    )


def market_chart(column: str, words: str, time: Time) -> Chart:
    """Draw one thing that the signals look at: the spread of the index, or the VIX."""
    table = data("market", {"date": LOCAL_DAY, "spread_bps": "number", "vix_pts": "number"})
    tooltip = [
        alt.Tooltip("spread_bps:Q", title="Index spread (bps)", format=",.1f"),
        alt.Tooltip("vix_pts:Q", title="VIX (points)", format=",.1f"),
    ]
    base = alt.Chart().transform_filter("datum.instrument_code === instrument")
    base = base.encode(x=time.x())
    axis = alt.Axis(tickCount=4, title=words)
    line = base.mark_line(color=BLACK, strokeWidth=1.5).encode(
        y=alt.Y(f"{column}:Q", axis=axis, scale=alt.Scale(zero=False))
    )
    look = Look(tooltip, axis, 110, time)
    heading, unit = words.split(", ")
    return Chart(
        heading,
        f"What the signals look at; {unit}.",
        stacked([line, pointer(base, tooltip)], table, look),
    )


def signal_chart(series: str, time: Time) -> Chart:
    """Draw the history of one score on the chosen instrument."""
    picture = signed_area(
        data("rpt_signal_history", {"date": LOCAL_DAY, "score": "number"}),
        "score",
        f"datum.series === {json.dumps(series)} && datum.instrument_code === instrument",
        Look(
            [alt.Tooltip("score:Q", title="Score (z)", format="+.2f")],
            alt.Axis(tickCount=5, format="d", title="Score, z"),
            150 if series == "composite" else 100,
            time,
        ),
    )
    return Chart(
        title(series),
        "Standard deviations (z); positive = long credit risk.",
        picture,
    )


def scorecard(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show one line per strategy, with unreliable ratios greyed."""
    listed = rows(
        connection,
        """
        from reports.rpt_strategy_scorecard
        order by is_benchmark, method = 'standard' desc, method desc, instrument_code, strategy_code
        """,
    )
    groups: dict[str, list[list[Cell]]] = {}
    for row in listed:
        groups.setdefault(scorecard_group(row), []).append(scorecard_row(row))
    heads = (
        "Strategy",
        "Instrument and years",
        "Trades",
        "Reliable?",
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
            "A ratio in grey italics rests on too few trades or sessions, or on the gain of one "
            "year: do not rely on it. With very few trades no ratio is shown."
        ),
        tables=(Table(heads, groups),),
        notes=(
            "Sharpe ratio: mean over deviation of session returns, annualised. Newey-West t: "
            "how many standard errors the mean return is from zero; about 2 is the usual bar. "
            "Deflated Sharpe: probability that the true ratio is above what the luckiest of "
            "as many useless runs on the same data would show. Profit factor: money won over money "
            "lost, by trade.",
        ),
    )


def scorecard_group(row: dict[str, Any]) -> str:
    """Return the heading that a run stands under."""
    if row["is_benchmark"]:
        return "Passive sellers of protection"
    is_own = row["method"] == "standard"
    return "The desk's strategies" if is_own else "Replicas of replaced systems"


def against_passive(connection: duckdb.DuckDBPyConnection) -> Content | None:
    """Show every strategy beside selling protection and holding it, and when its gain came."""
    listed = rows(
        connection,
        """
        from reports.rpt_strategy_scorecard
        where benchmark_code is not null
        order by method = 'standard' desc, method desc, instrument_code, strategy_code
        """,
    )
    if not listed:
        return None
    groups: dict[str, list[list[Cell]]] = {}
    for row in listed:
        groups.setdefault(scorecard_group(row), []).append(against_passive_row(row))
    heads = (
        "Strategy",
        "Net P&L, USD thousand",
        "Passive seller, USD thousand",
        "Excess, USD thousand",
        "Sharpe ratio",
        "Passive seller's Sharpe",
        "Alpha a year",
        "t of alpha",
        "Beta",
        "Correlation",
        "Best year over net P&L",
        "Best day over net P&L",
        "Sharpe without best year",
        "Leverage, mean and peak",
        "Break-even, bps",
    )
    return Content(
        intro=(
            "Does a strategy earn more than selling protection on its index and holding it? The "
            "passive seller has the same declared capital, pays for every roll, and knows nothing."
        ),
        tables=(Table(heads, groups),),
        notes=(
            "Alpha and beta: the line of session returns on those of the passive seller, with "
            "Newey-West errors. Best year over net P&L: above 100 % the other years lost together; "
            "a dash where the strategy lost. Leverage: notional over declared capital. Break-even: "
            "move of the spread that pays for a round trip. Other costs, lags and starts: "
            "cdx_overlay.fct_strategy_stress.",
        ),
    )


def against_passive_row(row: dict[str, Any]) -> list[Cell]:
    """Return the cells of one strategy."""
    status = row["quality_status"]
    ratios = (
        number(row["sharpe_ratio"], ".2f"),
        number(row["benchmark_sharpe_ratio"], ".2f"),
        number(row["alpha_dec"], ".1%"),
        number(row["alpha_t_ratio"], ".2f"),
        number(row["beta_ratio"], ".2f"),
        number(row["benchmark_correlation_ratio"], ".2f"),
    )
    leverage = [number(row[f"{name}_leverage_ratio"], ".2f").text for name in ("average", "peak")]
    best_year = percent(row["best_year_pnl_ratio"])
    return [
        Cell(row["strategy_code"], detail=row["benchmark_code"]),
        thousand_usd(row["total_net_pnl_usd"]),
        thousand_usd(row["benchmark_net_pnl_usd"]),
        thousand_usd(row["excess_net_pnl_usd"]),
        *(doubtful(cell, status) for cell in ratios),
        Cell(best_year.text, is_number=True, detail=row["best_year"] or ""),
        percent(row["best_day_pnl_ratio"]),
        doubtful(number(row["sharpe_without_best_year_ratio"], ".2f"), status),
        Cell(" / ".join(leverage), is_number=True),
        number(row["break_even_move_bps"], ".2f"),
    ]


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


def macrocredit_bridge(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show what each repair of the macro-credit notebook moves."""
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
            "From the result the macro-credit notebook printed to one that can be defended: each "
            "step repairs one more thing and keeps the earlier repairs."
        ),
        charts=(bridge_chart(),),
        tables=(Table(heads, {"": lines}),),
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
            "datum.title + ': ' + format(datum.change / 1000, '+,.1f')",
            Look(
                [
                    alt.Tooltip("title:N", title="Step"),
                    alt.Tooltip("change_thousand:N", title="Change (USD thousand)"),
                    alt.Tooltip("to_thousand:N", title="Net P&L after it (USD thousand)"),
                ],
                usd_axis(grid=False),
                250,
            ),
        ),
    )
