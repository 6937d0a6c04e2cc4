"""Simulate and measure every point of a sweep, without keeping its days.

Grain: one row per run_id.
"""

from parspread.warehouse.overlay_sweeps import SweepSettings, sweep_table


def model(dbt, session):
    dbt.config(materialized="table")
    settings = SweepSettings(
        min_session_count=int(dbt.config.get("min_session_count")),
        min_trade_count=int(dbt.config.get("min_shown_trade_count")),
        min_reliable_trade_count=int(dbt.config.get("min_trade_count")),
        resample_count=int(dbt.config.get("resample_count")),
        bootstrap_seed=int(dbt.config.get("bootstrap_seed")),
        min_cluster_correlation_ratio=float(dbt.config.get("min_cluster_correlation_ratio")),
    )
    points = dbt.ref("int_cdx_overlay__trials_identified").filter("sweep_code is not null")
    scores = points.project("signal_code, market_code").distinct()
    inputs = dbt.ref("int_cdx_overlay__strategy_inputs_joined").join(
        scores, "signal_code, market_code", how="semi"
    )
    # Definitions are long, and there may be 100,000 points.
    points = points.project("* exclude (signal_json, rules_json)")
    return sweep_table(inputs.to_arrow_table(), points.to_arrow_table(), settings)
