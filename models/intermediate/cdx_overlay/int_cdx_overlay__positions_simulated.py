"""Run the strategies that keep their days over their sessions.

Grain: one row per run_id and session_date.
Drops: sessions that a run with missing_signal_policy drop_row leaves out; fct_row_accounting counts them.
"""

from parspread.warehouse.overlay_runs import backtest_days_table


def model(dbt, session):
    dbt.config(materialized="table")
    inputs = dbt.ref("int_cdx_overlay__strategy_inputs_joined").to_arrow_table()
    strategies = dbt.ref("int_cdx_overlay__runs_kept").filter("keeps_days")
    return backtest_days_table(inputs, strategies.to_arrow_table())
