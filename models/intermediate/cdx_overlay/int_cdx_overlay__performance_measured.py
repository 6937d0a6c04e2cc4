"""Measure the performance of every run.

Grain: one row per run_id.
"""

from parspread.warehouse.overlay import performance_frame


def model(dbt, session):
    dbt.config(materialized="table")
    floors = {
        "min_session_count": int(dbt.config.get("min_session_count")),
        "min_trade_count": int(dbt.config.get("min_trade_count")),
        "min_shown_trade_count": int(dbt.config.get("min_shown_trade_count")),
    }
    days = dbt.ref("int_cdx_overlay__days_marked").df()
    trades = dbt.ref("int_cdx_overlay__trades_collected").df()
    strategies = dbt.ref("int_cdx_overlay__strategies_resolved").df()
    return performance_frame(days, trades, strategies, **floors)
