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
        cusip,
        red_code,
        duplicate_number,
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

{#- Floating sums depend on their order, so it is given, by what a row is and not where it stood. -#}
{% set ordered = 'order by bases.cusip, bases.red_code, bases.duplicate_number' %}

final as (

    select
        bases.method,
        bases.month_end_date,
        bases.rating_group,
        bases.measure,
        count(*) as bond_count,
        avg(bases.basis_bps {{ ordered }}) as mean_basis_bps,
        median(bases.basis_bps) as median_basis_bps,
        sum(bases.basis_bps * bases.amount_outstanding_usd {{ ordered }})
        / nullif(sum(bases.amount_outstanding_usd {{ ordered }}), 0) as amount_weighted_basis_bps,
        avg(bases.implied_rf_dec {{ ordered }}) as mean_implied_rf_dec,
        avg(bases.cds_par_spread_dec {{ ordered }}) as mean_cds_par_spread_dec,
        avg(bases.bond_yield_dec {{ ordered }}) as mean_bond_yield_dec,
        avg(bases.bid_ask_bps_of_price {{ ordered }}) as mean_bid_ask_bps_of_price,
        avg(bases.ftsfr_notebook_bid_ask_bps {{ ordered }}) as mean_ftsfr_notebook_bid_ask_bps,
        avg(bases.amount_outstanding_usd {{ ordered }}) as mean_amount_outstanding_usd,
        count(*) >= {{ var('ftsfr_zspread_min_bond_count') }} as has_enough_bonds
    from bases
    group by bases.method, bases.month_end_date, bases.rating_group, bases.measure

)

select * from final
