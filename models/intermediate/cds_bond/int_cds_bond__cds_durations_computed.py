"""Risky duration of each CDS series and day: to its own maturity, and as published.

Grain: one row per series_kind, series_code, tenor_code and quote_date.
"""

from parspread.replicas.warehouse import ftsfr_risky_durations
from parspread.warehouse.cds import risky_durations


def model(dbt, session):
    dbt.config(materialized="table")
    days = dbt.ref("int_cds_bond__cds_spread_days_collected")
    own = risky_durations(
        days,
        zero_curves=dbt.ref("int_cds_bond__discount_curves_chosen").order("curve_date"),
        max_curve_age_days=int(dbt.config.get("max_curve_age_days")),
    ).read_all()
    knots = dbt.ref("int_cds_bond__curve_knots_collected").order("curve_date")
    published = ftsfr_risky_durations(days, knots=knots).read_all()["risky_duration_years"]
    return own.append_column("published_risky_duration_years", published)
