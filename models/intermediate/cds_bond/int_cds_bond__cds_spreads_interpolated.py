"""Par CDS spread at the maturity of each bond, by spline and by hazards, from the quotes of its curve.

Grain: one row per source_row_number.
"""

from parspread.warehouse.cds_spreads import hazard_interpolation, spreads_both_ways


def model(dbt, session):
    dbt.config(materialized="table")
    bonds = dbt.ref("int_cds_bond__bonds_aligned_to_curves").filter("alignment_status = 'ok'")
    tenors = dbt.ref("cds_tenors").order("tenor_years").fetchall()
    tenor_days = {f"par_spread_{tenor[0].lower()}_dec": 365 * tenor[1] for tenor in tenors}
    columns = ["source_row_number", "quote_date", "maturity_date"]
    columns += ["maturity_days", "interpolation", "spline_end", "extrapolation"]
    columns += ["has_duplicate_tenor", "recovery_share", *tenor_days]
    on_hazards = hazard_interpolation(
        tenor_days,
        discount_curves=dbt.ref("int_rates__discount_curves_chosen").order("curve_date"),
        max_curve_age_days=int(dbt.config.get("max_curve_age_days")),
    )
    return spreads_both_ways(
        bonds.project(", ".join(columns)),
        tenor_days,
        on_hazards,
        max_departure_share=float(dbt.config.get("max_spline_departure_share")),
    )
