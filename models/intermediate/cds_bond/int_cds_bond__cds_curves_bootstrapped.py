"""Hazard curve of each name and month, and standard contracts priced on it.

Grain: one row per red_code, quote_date and tenor_years.
"""

from parspread.warehouse.cds import hazard_curves


def model(dbt, session):
    dbt.config(materialized="table")
    tenors = dbt.ref("cds_tenors").filter("is_used_by_standard").order("tenor_years").fetchall()
    tenor_months = {f"par_spread_{tenor[0].lower()}_dec": round(12 * tenor[1]) for tenor in tenors}
    return hazard_curves(dbt.ref("int_cds_bond__cds_curves_dated"), tenor_months)
