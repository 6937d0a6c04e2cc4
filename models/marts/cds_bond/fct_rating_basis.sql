-- The basis by rating group and month: means, medians and amount-weighted means over bonds.
-- Grain: one row per method, month_end_date, rating_group and measure.
-- Sign: basis = CDS - bond; negative when bonds are cheap.
-- Drops: bonds rated neither IG nor HY, and bonds whose measure has a status other than ok.

with

bases as (

    select
        method,
        month_end_date,
        rating_group,
        measure,
        basis_dec * 10000 as basis_bps,
        implied_rf_dec,
        cds_par_spread_dec,
        bond_yield_dec,
        bid_ask_bps_of_price,
        ftsfr_notebook_bid_ask_bps,
        amount_outstanding_usd
    from {{ ref('fct_bond_measures') }}
    where rating_group in ('IG', 'HY') and measure_status = 'ok'

),

final as (

    select
        bases.method,
        bases.month_end_date,
        bases.rating_group,
        bases.measure,
        count(*) as bond_count,
        {{ exact_mean('bases.basis_bps', 'bps') }} as mean_basis_bps,
        median(bases.basis_bps) as median_basis_bps,
        {{ exact_sum('bases.basis_bps * bases.amount_outstanding_usd', 'usd') }}
        / nullif({{ exact_sum('bases.amount_outstanding_usd', 'usd') }}, 0) as amount_weighted_basis_bps,
        {{ exact_mean('bases.implied_rf_dec', 'dec') }} as mean_implied_rf_dec,
        {{ exact_mean('bases.cds_par_spread_dec', 'dec') }} as mean_cds_par_spread_dec,
        {{ exact_mean('bases.bond_yield_dec', 'dec') }} as mean_bond_yield_dec,
        {{ exact_mean('bases.bid_ask_bps_of_price', 'bps') }} as mean_bid_ask_bps_of_price,
        {{ exact_mean('bases.ftsfr_notebook_bid_ask_bps', 'bps') }} as mean_ftsfr_notebook_bid_ask_bps,
        {{ exact_mean('bases.amount_outstanding_usd', 'usd') }} as mean_amount_outstanding_usd,
        count(*) >= {{ var('ftsfr_zspread_min_bond_count') }} as has_enough_bonds
    from bases
    group by bases.method, bases.month_end_date, bases.rating_group, bases.measure

)

select * from final
