-- Monthly series by rating behind the basis charts.
-- Grain: one row per method, measure, month_end_date and rating_group.
-- Sign: basis = CDS - bond; negative when bonds are cheap.

select
    * exclude (mean_implied_rf_dec, mean_bond_yield_dec, mean_cds_par_spread_dec, has_enough_bonds),
    mean_implied_rf_dec * 100 as mean_implied_rf_pct,
    mean_bond_yield_dec * 100 as mean_bond_yield_pct,
    mean_cds_par_spread_dec * 10000 as mean_cds_par_spread_bps
from {{ ref('fct_rating_basis') }}
