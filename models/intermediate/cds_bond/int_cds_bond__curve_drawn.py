"""Par CDS spread along the spline of one curve, by the kernel that gives bonds their spread.

Grain: one row per maturity_years.
"""

from parspread.warehouse.cds_spreads import interpolated_spreads


def model(dbt, session):
    dbt.config(materialized="table")
    tenors = dbt.ref("cds_tenors").order("tenor_years").fetchall()
    tenor_days = {f"par_spread_{tenor[0].lower()}_dec": 365 * tenor[1] for tenor in tenors}
    return interpolated_spreads(dbt.ref("int_cds_bond__curve_chosen"), tenor_days)
