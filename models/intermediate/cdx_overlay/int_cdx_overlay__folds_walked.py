"""Simulate every trial and let each family choose among them on some sessions and trade on others.

Grain: one row per family_code, scheme and split_number.
"""

from datetime import date

from parspread.overlay.walk_forward import FoldRules
from parspread.warehouse.overlay_folds import folds_table


def model(dbt, session):
    dbt.config(materialized="table")
    rules = FoldRules(
        fold_count=int(dbt.config.get("fold_count")),
        rolling_fold_count=int(dbt.config.get("rolling_fold_count")),
        tested_fold_count=int(dbt.config.get("tested_fold_count")),
        purge_sessions=int(dbt.config.get("purge_sessions")),
        embargo_sessions=int(dbt.config.get("embargo_sessions")),
        min_session_count=int(dbt.config.get("min_session_count")),
    )
    holdout = dbt.config.get("holdout_first_date")
    inputs = dbt.ref("int_cdx_overlay__strategy_inputs_joined").to_arrow_table()
    trials = dbt.ref("int_cdx_overlay__trials_identified").filter("is_trial")
    trials = trials.project("* exclude (signal_json, rules_json)").to_arrow_table()
    return folds_table(inputs, trials, rules, date.fromisoformat(holdout) if holdout else None)
