-- Monthly series by rating of the notebook's graphs and of the basis itself.
-- Grain: one row per method, measure, month_end_date and rating_group.
-- Sign: basis = CDS - bond; negative when bonds are cheap.

with

ratings as (

    select * from {{ ref('fct_rating_basis') }}

),

final as (

    select
        ratings.method,
        ratings.measure,
        ratings.month_end_date,
        ratings.rating_group,
        ratings.bond_count,
        ratings.mean_implied_rf_dec * 100 as mean_implied_rf_pct,
        ratings.mean_bond_yield_dec * 100 as mean_bond_yield_pct,
        ratings.mean_cds_par_spread_dec * 10000 as mean_cds_par_spread_bps,
        ratings.mean_bid_ask_bps_of_price,
        ratings.mean_ftsfr_notebook_bid_ask_bps,
        ratings.mean_amount_outstanding_usd,
        ratings.mean_basis_bps,
        ratings.median_basis_bps,
        ratings.amount_weighted_basis_bps
    from ratings

)

select * from final
