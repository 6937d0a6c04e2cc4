"""Par CDS spread at the maturity of each bond-month, on the notebook's spline.

Grain: one row per source_row_number and red_code.
"""

from parspread.warehouse.cds_spreads import interpolated_spreads


def model(dbt, session):
    dbt.config(materialized="table")
    bonds = dbt.ref("int_ftsfr_notebook__bonds_aligned_to_curves").filter("alignment_status = 'ok'")
    tenors = dbt.ref("cds_tenors").filter("is_used_by_replicas").order("tenor_years").fetchall()
    tenor_days = {f"par_spread_{tenor[0].lower()}_dec": 365 * tenor[1] for tenor in tenors}
    columns = ["source_row_number", "red_code", "maturity_days", "spline_end", "extrapolation"]
    columns += ["has_duplicate_tenor", *tenor_days]
    return interpolated_spreads(bonds.project(", ".join(columns)), tenor_days)
