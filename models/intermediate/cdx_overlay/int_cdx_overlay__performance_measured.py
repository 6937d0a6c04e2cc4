"""Measure every run: the standard metrics, and beside them those of the replaced systems.

Grain: one row per run_id.
"""

from parspread.frames import performance_frame


def model(dbt, session):
    dbt.config(materialized="table")
    sessions = dbt.config.get("min_session_count")
    trades_needed = dbt.config.get("min_trade_count")
    days = dbt.ref("int_cdx_overlay__days_marked").df()
    trades = dbt.ref("int_cdx_overlay__trades_collected").df()
    strategies = dbt.ref("int_cdx_overlay__strategies_resolved").df()
    return performance_frame(days, trades, strategies, int(sessions), int(trades_needed))
