"""Simulate and measure every run that has a record, whether or not it keeps its days.

Grain: one row per run_id.
"""

from parspread.warehouse.overlay_runs import performance_frame


def model(dbt, session):
    dbt.config(materialized="table")
    floors = {
        "min_session_count": int(dbt.config.get("min_session_count")),
        "min_trade_count": int(dbt.config.get("min_trade_count")),
        "min_shown_trade_count": int(dbt.config.get("min_shown_trade_count")),
    }
    inputs = dbt.ref("int_cdx_overlay__strategy_inputs_joined").to_arrow_table()
    strategies = dbt.ref("int_cdx_overlay__runs_kept")
    strategies = strategies.project("* exclude (signal_json, market_json)").to_arrow_table()
    return performance_frame(inputs, strategies, **floors)
