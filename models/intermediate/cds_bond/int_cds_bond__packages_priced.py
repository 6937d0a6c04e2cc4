"""Prices of each bond and of protection on its issuer, today and at the horizon.

Grain: one row per source_row_number.
"""

from parspread.warehouse.packages import package_prices


def model(dbt, session):
    dbt.config(materialized="table")
    return package_prices(
        dbt.ref("int_cds_bond__packages_listed"),
        horizon_days=int(dbt.config.get("package_horizon_days")),
    )
