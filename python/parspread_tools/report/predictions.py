"""The page's section on what scores foretell: rank correlation with later P&L by horizon."""

from __future__ import annotations

from typing import Any

import altair as alt
import duckdb

from parspread_tools.report.charts import BLACK, BLUE, ORANGE, data, sized
from parspread_tools.report.parts import (
    Cell,
    Chart,
    Content,
    Table,
    csv,
    number,
    percent,
    rows,
    selector,
)

INSTRUMENT_SHOWN_FIRST = "cdx_ig_5y"
DIAGNOSED = """
    select diagnostics.*
    from cdx_overlay.fct_signal_diagnostics as diagnostics
    inner join cdx_overlay.dim_signals as signals
        on diagnostics.score_code = signals.score_code
    where signals.method = 'standard' and diagnostics.spearman_ic_ratio is not null
        and not contains(diagnostics.score_code, '@') and not contains(diagnostics.score_code, '[')
"""


def predictions(connection: duckdb.DuckDBPyConnection) -> Content | None:
    """Show how well each score ranks what follows, and how fast that fades."""
    listed = rows(
        connection,
        f"""
        select
            score_code, instrument_code,
            map(list(horizon_sessions order by horizon_sessions),
                list(spearman_ic_ratio order by horizon_sessions)) as ic,
            max(newey_west_t_ratio) filter (where horizon_sessions = 5) as t_ratio,
            max(half_life_sessions) as half_life_sessions,
            max(turnover_ratio) as turnover_ratio,
            max(same_sign_year_share) filter (where horizon_sessions = 5) as same_sign_year_share
        from ({DIAGNOSED})
        group by score_code, instrument_code
        order by instrument_code, score_code
        """,
    )
    if not listed:
        return None
    instruments = dict.fromkeys(row["instrument_code"] for row in listed)
    instrument = selector(
        "ic_instrument", "Instrument", {code: code for code in instruments}, INSTRUMENT_SHOWN_FIRST
    )
    points = f"""
        select score_code, instrument_code, horizon_sessions,
            round(spearman_ic_ratio, 4) as ic, round(newey_west_t_ratio, 2) as t_ratio
        from ({DIAGNOSED})
        order by all
    """
    return Content(
        intro=(
            "Does a score foretell anything? The information coefficient (IC) is the rank "
            "correlation of a score with the P&L of protection sold over the sessions after it. "
            "Above zero it points the right way; 0.05 is a good signal, and a bar that shrinks "
            "with the horizon is one that fades."
        ),
        selectors=(instrument,),
        charts=(
            Chart(
                "Information coefficient by horizon",
                "Of each score from the top: 1, 5, 10 and 20 sessions. Pale: within two standard "
                "errors of none.",
                ic_chart(),
            ).led_by(instrument),
        ),
        tables=(ic_table(listed),),
        notes=("Quantiles, years and correlations: cdx_overlay.fct_signal_quantiles and beside.",),
        data={"ic": csv(connection, points)},
    )


def ic_table(listed: list[dict[str, Any]]) -> Table:
    """List every score of an instrument with its IC at each horizon."""
    horizons = sorted({h for row in listed for h in row["ic"]})
    groups: dict[str, list[list[Cell]]] = {}
    for row in listed:
        groups.setdefault(row["instrument_code"], []).append(
            [
                Cell(row["score_code"]),
                *(number(row["ic"].get(h), "+.3f") for h in horizons),
                number(row["t_ratio"], "+.1f"),
                number(row["half_life_sessions"], ",.0f"),
                number(row["turnover_ratio"], ".2f"),
                percent(row["same_sign_year_share"]),
            ]
        )
    heads = (
        "Score",
        *(f"IC, {h} session{'s' * (h > 1)}" for h in horizons),
        "t of 5 sessions",
        "Half-life, sessions",
        "Turnover",
        "Years of the same sign",
    )
    return Table(heads, groups, led_by="ic_instrument")


def ic_chart() -> alt.LayerChart:
    """Draw one line of points for each score, by horizon."""
    base = (
        alt.Chart()
        .transform_filter("datum.instrument_code === ic_instrument")
        .encode(
            x=alt.X("ic:Q", title="Rank correlation with the P&L that follows"),
            y=alt.Y("score_code:N", title=None, axis=alt.Axis(labelLimit=140)),
            yOffset=alt.YOffset("horizon_sessions:O"),
            tooltip=[
                alt.Tooltip("score_code:N", title="Score"),
                alt.Tooltip("horizon_sessions:Q", title="Horizon (sessions)"),
                alt.Tooltip("ic:Q", title="Rank correlation", format="+.3f"),
                alt.Tooltip("t_ratio:Q", title="Newey-West t", format="+.1f"),
            ],
        )
    )
    bars = base.mark_bar(height=6).encode(
        color=alt.condition("datum.ic < 0", alt.value(ORANGE), alt.value(BLUE)),
        opacity=alt.condition("abs(datum.t_ratio) >= 2", alt.value(1), alt.value(0.35)),
    )
    zero = alt.Chart().mark_rule(color=BLACK, strokeWidth=0.75).encode(x=alt.datum(0))
    table = data("ic", dict.fromkeys(("horizon_sessions", "ic", "t_ratio"), "number"))
    return sized(alt.layer(bars, zero, data=table), 260)
