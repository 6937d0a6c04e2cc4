"""Measure every run that keeps its sessions as the macro-credit notebook does.

Grain: one row per run_id.
"""

from parspread.replicas.overlay_warehouse import macrocredit_frame


def model(dbt, session):
    dbt.config(materialized="table")
    days = dbt.ref("int_cdx_overlay__days_marked").df()
    strategies = dbt.ref("int_cdx_overlay__runs_kept").filter("keeps_days").df()
    return macrocredit_frame(days, strategies)
