"""Simulate every run again and test it alone, beside its family, and against all earlier trials.

Grain: one row per run_id.
"""

from parspread.warehouse.overlay_selection import SelectionSettings, selection_table


def model(dbt, session):
    dbt.config(materialized="table")
    settings = SelectionSettings(
        min_session_count=int(dbt.config.get("min_session_count")),
        min_trade_count=int(dbt.config.get("min_shown_trade_count")),
        resample_count=int(dbt.config.get("resample_count")),
        bootstrap_seed=int(dbt.config.get("bootstrap_seed")),
        min_cluster_correlation_ratio=float(dbt.config.get("min_cluster_correlation_ratio")),
    )
    inputs = dbt.ref("int_cdx_overlay__strategy_inputs_joined").to_arrow_table()
    trials = dbt.ref("int_cdx_overlay__trials_identified").join(
        dbt.ref("int_cdx_overlay__runs_kept").project("run_id"), "run_id", how="semi"
    )
    trials = trials.project("* exclude (signal_json, rules_json)").to_arrow_table()
    ledger = dbt.ref("stg_build__run_ledger").to_arrow_table()
    names = dbt.ref("int_cdx_overlay__trials_identified").project(
        "run_id, trial_id, family_code, strategy_code"
    )
    points = dbt.ref("int_cdx_overlay__sweep_points_measured").join(names, "run_id")
    return selection_table(inputs, trials, ledger, settings, points.to_arrow_table())
