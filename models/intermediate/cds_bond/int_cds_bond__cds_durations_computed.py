"""Risky duration of each CDS contract and day, to its own maturity at the hazard of its own spread.

Grain: one row per red_code, tenor_code and quote_date.
"""

from parspread.warehouse.cds import risky_durations


def model(dbt, session):
    dbt.config(materialized="table")
    return risky_durations(
        dbt.ref("int_cds_bond__cds_contracts_selected"),
        zero_curves=dbt.ref("int_rates__discount_curves_chosen").order("curve_date"),
        max_curve_age_days=int(dbt.config.get("max_curve_age_days")),
    )
