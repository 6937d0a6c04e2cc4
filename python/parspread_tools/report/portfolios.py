"""The page's section on portfolios: exposure, equity curve, drawdown, and one line for each."""

from __future__ import annotations

import altair as alt
import duckdb

from parspread_tools.report.charts import LOCAL_DAY, Look, data, signed_area, usd_axis
from parspread_tools.report.parts import (
    DASH,
    Cell,
    Chart,
    Content,
    Table,
    csv,
    number,
    rows,
    selector,
    thousand_usd,
)
from parspread_tools.report.tearsheet import SHADED, time_of

HISTORY = data(
    "rpt_portfolio_history",
    {
        "date": LOCAL_DAY,
        **dict.fromkeys(
            (
                "net_notional_mm",
                "dv01_usd_per_bp",
                "cumulative_pnl_usd",
                "drawdown_usd",
                "pnl_thousand",
                "drawdown_thousand",
            ),
            "number",
        ),
    },
)
TOOLTIP = [
    alt.Tooltip("net_notional_mm:Q", title="Net notional (USD million)", format="+,.1f"),
    alt.Tooltip("dv01_usd_per_bp:Q", title="Net DV01 (USD per bp)", format="+,.0f"),
    alt.Tooltip("pnl_thousand:Q", title="Net P&L so far (USD thousand)", format="+,.1f"),
    alt.Tooltip("drawdown_thousand:Q", title="Drawdown (USD thousand)", format="+,.1f"),
]
HEADS = (
    "Portfolio",
    "Weights and netting",
    "Years",
    "Net P&L, USD thousand",
    "Cost, USD thousand",
    "Saved by netting, USD thousand",
    "Volatility a year, USD thousand",
    "Sharpe ratio",
    "Largest drawdown, USD thousand",
    "Worst day, USD thousand",
    "Peak leverage",
    "Peak DV01, USD per bp",
    "Worst jump to default, USD thousand",
    "Limits breached (sessions)",
)


def portfolios(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show what portfolios held and earned, and whether they kept within their limits."""
    listed = rows(connection, "from reports.rpt_portfolio_scorecard order by book_code")
    choices = {row["book_code"]: row["book_code"] for row in listed}
    portfolio = selector("portfolio", "Portfolio", choices, next(iter(choices)))
    history = """
        select
            book_code, date,
            round(net_notional_mm, 2) as net_notional_mm,
            round(dv01_usd_per_bp) as dv01_usd_per_bp,
            round(cumulative_pnl_usd) as cumulative_pnl_usd,
            round(drawdown_usd) as drawdown_usd,
            round(cumulative_pnl_usd / 1e3, 1) as pnl_thousand,
            round(drawdown_usd / 1e3, 1) as drawdown_thousand
        from reports.rpt_portfolio_history
        order by book_code, date
    """
    time = time_of(
        connection,
        "select min(date) as first_date, max(date) as last_date from reports.rpt_portfolio_history",
    )
    drawn = (
        ("Net DV01", "Loss in USD when all spreads rise by a basis point; negative = a gain.",
         "dv01_usd_per_bp", alt.Axis(tickCount=5, format=",~r", title="USD per bp")),
        ("Equity of the portfolio", "Cumulative P&L after cost, USD thousand.",
         "cumulative_pnl_usd", usd_axis()),
        ("Drawdown of the portfolio", "Cumulative P&L minus its highest value so far, "
         "USD thousand.", "drawdown_usd", usd_axis()),
    )  # fmt: skip
    return Content(
        intro=(
            "Several strategies held together. Those that trade one instrument against each other "
            "net, where the portfolio says so, and pay less."
        ),
        selectors=(portfolio,),
        charts=tuple(
            Chart(
                heading,
                caption,
                signed_area(
                    HISTORY, column, "datum.book_code === portfolio", Look(TOOLTIP, axis, 130, time)
                ),
            ).led_by(portfolio)
            for heading, caption, column, axis in drawn
        ),
        tables=(Table(HEADS, {"": [scorecard_row(row) for row in listed]}),),
        notes=(
            "Jump to default: the loss if every index in which protection is net sold defaulted "
            "whole. Members: catalog.portfolios; limits: catalog.limits; every session: "
            "cdx_overlay.fct_portfolio_days; breaches: cdx_overlay.fct_limit_breaches.",
            SHADED,
        ),
        data={"rpt_portfolio_history": csv(connection, history)},
    )


def scorecard_row(row: dict) -> list[Cell]:
    """Return the cells of one portfolio."""
    first, last = row["first_date"].year, row["last_date"].year
    return [
        Cell(row["book_code"], detail=row["members"]),
        Cell(
            f"{row['weighting']}, {row['netting']}",
            is_doubtful=row["absent_member_count"] > 0,
            detail=f"{row['absent_member_count']} members not quoted"
            if row["absent_member_count"]
            else "",
        ),
        Cell(str(first) if first == last else f"{first}{DASH}{last}"),
        thousand_usd(row["total_net_pnl_usd"]),
        thousand_usd(row["total_cost_usd"]),
        thousand_usd(row["netting_saving_usd"]),
        thousand_usd(row["annual_volatility_usd"]),
        number(row["sharpe_ratio"], ".2f"),
        thousand_usd(row["max_drawdown_usd"]),
        thousand_usd(row["worst_day_usd"]),
        number(row["peak_leverage_ratio"], ".2f"),
        number(row["peak_dv01_usd_per_bp"]),
        thousand_usd(row["worst_jump_to_default_usd"]),
        Cell(f"{row['breached_limit_count']} ({row['breach_count']:,})"),
    ]
