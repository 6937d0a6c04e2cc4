"""Risky duration of each CDS series and day as the published code computes it, errors included.

Grain: one row per series_kind, series_code, tenor_code and quote_date.
"""

from parspread.replicas.warehouse import ftsfr_risky_durations


def model(dbt, session):
    dbt.config(materialized="table")
    return ftsfr_risky_durations(
        dbt.ref("int_ftsfr_cds_returns__spread_days_collected"),
        knots=dbt.ref("int_ftsfr_cds_returns__curve_knots_collected").order("curve_date"),
    )
