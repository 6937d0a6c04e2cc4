"""Risky duration of each CDS series and day: to its own maturity, and as published.

Grain: one row per series_kind, series_code, tenor_code and quote_date.
"""

from parspread.cds_pricing_batches import risky_durations


def model(dbt, session):
    dbt.config(materialized="table")
    return risky_durations(
        dbt.ref("int_cds_bond__cds_spread_days_collected"),
        zero_curves=dbt.ref("int_rates__discount_curves_chosen").order("curve_date"),
        knots=dbt.ref("int_cds_bond__curve_knots_collected").order("curve_date"),
        max_curve_age_days=int(dbt.config.get("max_curve_age_days")),
    )
