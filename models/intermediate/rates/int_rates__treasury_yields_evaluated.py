"""Zero and par yields of the Treasury curve by date and maturity.

Grain: one row per curve_date and maturity_years.
"""

from parspread.warehouse.bonds import treasury_yields


def model(dbt, session):
    dbt.config(materialized="table")
    return treasury_yields(dbt.ref("int_rates__treasury_curves_dated"))
