"""Reprice $1MM of protection sold in the series on the run of every index.

Grain: one row per instrument_code and session_date.
"""

from parspread.warehouse.overlay import contracts_frame


def model(dbt, session):
    dbt.config(materialized="table")
    return contracts_frame(dbt.ref("int_cdx_overlay__contract_quotes_joined").df())
