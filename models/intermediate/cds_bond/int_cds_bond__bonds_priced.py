"""Street yield and spread measures of each standard bond-month, solved from its price.

Grain: one row per source_row_number.
"""

from parspread.warehouse.bonds import standard_measures


def model(dbt, session):
    dbt.config(materialized="table")
    return standard_measures(dbt.ref("int_cds_bond__bonds_joined_to_zero_curves"))
