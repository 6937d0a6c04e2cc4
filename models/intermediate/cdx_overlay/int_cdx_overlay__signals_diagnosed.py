"""Measure how well every score predicted P&L, and how slowly it fades.

Grain: one row per score_code, instrument_code and horizon_sessions.
"""

from parspread.warehouse.overlay import diagnostics_frame


def model(dbt, session):
    dbt.config(materialized="table")
    scores = dbt.ref("int_cdx_overlay__scores_paired").df()
    return diagnostics_frame(scores, int(dbt.config.get("min_session_count")))
