"""Exact return on protection sold of each contract and month: bought, aged and sold on its curves.

Grain: one row per red_code, tenor_code and month_end_date.
"""

from parspread.warehouse.cds_returns import repriced_months


def model(dbt, session):
    dbt.config(materialized="table")
    tenors = dbt.ref("cds_tenors").filter("is_used_by_standard").order("tenor_years").fetchall()
    return repriced_months(
        dbt.ref("int_cds_bond__cds_months_paired"),
        {tenor[0]: round(12 * tenor[1]) for tenor in tenors},
    )
