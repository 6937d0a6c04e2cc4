"""Simulate every strategy and passive seller under every stress of the catalog, without keeping days.

Grain: one row per run_id and stress_code.
"""

from parspread.warehouse.overlay_stress import stress_frame


def model(dbt, session):
    dbt.config(materialized="table")
    inputs = dbt.ref("int_cdx_overlay__strategy_inputs_joined").to_arrow_table()
    strategies = dbt.ref("int_cdx_overlay__strategies_resolved").filter(
        "companion_of is null and sweep_code is null"
    )
    stresses = dbt.ref("stresses").filter("is_enabled")
    return stress_frame(inputs, strategies.to_arrow_table(), stresses.to_arrow_table())
