"""The page's section on sweeps: a heat map of each, so that a plateau can be told from a spike."""

from __future__ import annotations

from typing import Any

import altair as alt
import duckdb

from parspread_tools.report.charts import BLACK, BLUE, ORANGE, data, sized
from parspread_tools.report.parts import Chart, Content, csv, number, rows, words

TABLE = "rpt_sweep_heat_maps"
MAX_MAPS = 4
_NUMBERS = ("sharpe", "net_usd", "positive_share", "point_count", "is_strategy")
_MAPS = f"""
    select
        sweep_code, sweep_of, any_value(x_parameter) as x_parameter,
        any_value(y_parameter) as y_parameter, max(axis_count) as axis_count,
        sum(point_count) as point_count, max(median_sharpe_ratio) as best,
        max(abs(median_sharpe_ratio)) as furthest,
        median(median_sharpe_ratio) as middle
    from reports.{TABLE}
    group by sweep_code, sweep_of
    order by sweep_code, sweep_of
"""
_CELLS = f"""
    select
        sweep_code || '/' || sweep_of as sweep, x_value, y_value, point_count,
        round(median_sharpe_ratio, 3) as sharpe, round(median_net_pnl_usd) as net_usd,
        round(positive_share, 3) as positive_share,
        is_strategy::integer as is_strategy
    from reports.{TABLE}
    order by sweep, try_cast(x_value as double), x_value, try_cast(y_value as double), y_value
"""


def sweeps(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show the first sweeps as maps, and where the numbers of all are."""
    maps = rows(connection, _MAPS)
    left_out = len(maps) - MAX_MAPS
    notes = ["Every point, with its neighbours in the grid: cdx_overlay.fct_sweep_points."]
    if left_out > 0:
        notes.append(f"{left_out} more sweeps are in the table only.")
    return Content(
        intro=(
            "The same strategy with other parameters. A good cell among good cells is a plateau; "
            "one among poor ones is luck. Every point counts as a trial of its family."
        ),
        charts=tuple(
            Chart(f"{one['sweep_code']}: {one['sweep_of']}", _caption(one), _map(one))
            for one in maps[:MAX_MAPS]
        ),
        notes=tuple(notes),
        data={TABLE: csv(connection, _CELLS)},
    )


def _caption(one: dict[str, Any]) -> str:
    others = " A cell is the median over all other parameters." if one["axis_count"] > 2 else ""
    best, middle = (number(one[name], ".2f").text for name in ("best", "middle"))
    return (
        f"Sharpe ratio of {one['point_count']:,} points; best cell {best}, median of cells "
        f"{middle}.{others} "
        "Blue: above zero; orange: below; outlined: the strategy itself."
    )


def _map(one: dict[str, Any]) -> alt.LayerChart:
    name = f"{one['sweep_code']}/{one['sweep_of']}"
    base = (
        alt.Chart()
        .transform_filter(alt.datum.sweep == name)
        .encode(
            x=alt.X("x_value:N", sort=None, title=words(one["x_parameter"])),
            y=alt.Y("y_value:N", sort=None, title=words(one["y_parameter"]) or None),
            tooltip=[
                alt.Tooltip("x_value:N", title=words(one["x_parameter"])),
                alt.Tooltip("y_value:N", title=words(one["y_parameter"]) or "one axis"),
                alt.Tooltip("sharpe:Q", title="Sharpe ratio", format="+.2f"),
                alt.Tooltip("net_usd:Q", title="Net P&L ($)", format="+,.0f"),
                alt.Tooltip("positive_share:Q", title="Points that earned", format=".0%"),
                alt.Tooltip("point_count:Q", title="Points"),
            ],
        )
    )
    furthest = one["furthest"] or 1.0
    colors = {"range": [ORANGE, "#ffffff", BLUE], "interpolate": "rgb"}
    scale = alt.Scale(domain=[-furthest, 0, furthest], **colors)
    cells = base.mark_rect().encode(color=alt.Color("sharpe:Q", title="Sharpe", scale=scale))
    own = base.transform_filter("datum.is_strategy == 1").mark_rect(
        filled=False, stroke=BLACK, strokeWidth=2
    )
    parse = dict.fromkeys(_NUMBERS, "number")
    parse |= dict.fromkeys(("x_value", "y_value"), "string")
    return sized(alt.layer(cells, own, data=data(TABLE, parse)), 220)
