"""Measure how well every score foretold P&L, how slowly it fades, and what scores share.

Grain: one row per score_code, instrument_code, horizon_sessions, part and member.
"""

from parspread.warehouse.overlay_scores import diagnostics_frame


def model(dbt, session):
    dbt.config(materialized="table")
    scores = dbt.ref("int_cdx_overlay__scores_paired").df()
    return diagnostics_frame(scores, int(dbt.config.get("min_session_count")))
