-- Bonds with their terms: the latest sound line of each, and what bond_terms says of it.
-- Grain: one row per cusip.
-- Tie-break: the later observation, then the earlier line of the file.

with

bonds as (

    select * from {{ ref('int_cds_bond__bonds_screened') }}
    where fault_reason is null

),

final as (

    select
        bonds.cusip,
        bonds.isin,
        bonds.ticker,
        bonds.maturity_date,
        bonds.offering_date,
        bonds.dated_date,
        bonds.first_coupon_date,
        bonds.last_coupon_date,
        bonds.default_date,
        bonds.coupon_dec,
        if(isfinite(bonds.coupons_per_year_count), bonds.coupons_per_year_count, null)
            as coupons_per_year_count,
        bonds.day_count_basis,
        bonds.coupon_type,
        bonds.bond_type,
        bonds.security_level,
        bonds.is_convertible,
        bonds.is_callable,
        bonds.is_make_whole,
        bonds.is_putable,
        bonds.has_sinking_fund,
        bonds.is_rule_144a,
        bonds.odd_last_coupon_date is not null as has_odd_last_coupon,
        bonds.is_defaulted,
        bonds.amount_outstanding_usd,
        bonds.rating_group,
        min(bonds.observation_date) over whole_bond as first_observation_date,
        bonds.observation_date as last_observation_date,
        count(*) over whole_bond as observation_count,
        bonds.terms_status
    from bonds
    window whole_bond as (partition by bonds.cusip)
    qualify
        row_number() over (
            partition by bonds.cusip
            order by bonds.observation_date desc, bonds.source_row_number asc
        ) = 1

)

select * from final
