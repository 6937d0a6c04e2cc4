"""Run every strategy over its sessions.

Grain: one row per run_id and session_date.
Drops: sessions that a run with missing_signal_policy drop_row leaves out; fct_row_accounting counts them.
"""

from parspread.warehouse.overlay import backtest_days_frame


def model(dbt, session):
    dbt.config(materialized="table")
    inputs = dbt.ref("int_cdx_overlay__strategy_inputs_joined").df()
    strategies = dbt.ref("int_cdx_overlay__strategies_resolved").df()
    return backtest_days_frame(inputs, strategies)
