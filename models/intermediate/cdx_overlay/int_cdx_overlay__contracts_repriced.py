"""Reprice $1MM of protection sold in the series that every instrument follows.

Grain: one row per instrument_code and session_date.
"""

from parspread.warehouse.overlay import contracts_frame


def model(dbt, session):
    dbt.config(materialized="table")
    quotes = dbt.ref("int_cdx_overlay__contract_quotes_joined").df()
    return contracts_frame(quotes, float(dbt.config.get("max_unquoted_days")))
