"""CDS spread at maturity and Z-spread of each bond-month, as the replaced Z-spread code computes them.

Grain: one row per source_row_number.
"""

from parspread.replicas.warehouse import ftsfr_z_spreads


def model(dbt, session):
    dbt.config(materialized="table")
    bonds = dbt.ref("int_ftsfr_zspread__bonds_aligned").filter("alignment_status = 'ok'")
    tenors = dbt.ref("cds_tenors").filter("is_used_by_replicas").order("tenor_years").fetchall()
    tenor_days = {f"par_spread_{tenor[0].lower()}_dec": 365 * tenor[1] for tenor in tenors}
    return ftsfr_z_spreads(bonds, tenor_days)
