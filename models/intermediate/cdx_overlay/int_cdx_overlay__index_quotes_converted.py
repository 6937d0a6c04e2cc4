"""Turn every delivered index quote into the spread and the price of its contract.

Grain: one row per data_set and source_row_number.
"""

from parspread.warehouse.index_quotes import converted_quotes


def model(dbt, session):
    dbt.config(materialized="table")
    return converted_quotes(dbt.ref("int_cdx_overlay__index_quotes_matched").df())
