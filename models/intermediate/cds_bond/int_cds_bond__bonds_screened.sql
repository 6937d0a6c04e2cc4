-- Every delivered bond-month with the first reason against using it: a fault, or outside the sample.
-- Grain: one row per source_row_number.
-- The sample is that of the arbitrage-spread literature: senior, not convertible, one to ten years to go,
-- price at least 50.
-- A screen on an optional column that the file does not have is not applied; unscreened says which.

with

bonds as (

    select * from {{ ref('int_cds_bond__bonds_compared') }}

),

delivered as (

    select * from {{ ref('int_cds_bond__columns_delivered') }}

),

screened as (

    select
        bonds.*,
        case
            when delivered.has_isin and bonds.isin is null then 'isin_blank'
            when
                delivered.has_conversion
                and coalesce(bonds.is_convertible, true)
                then 'convertible'
            when
                delivered.has_security_level
                and upper(trim(coalesce(bonds.security_level, ''))) <> 'SEN'
                then 'not_senior'
            when
                bonds.amount_outstanding_usd
                < {{ var('standard_min_amount_outstanding_usd') }}
                then 'amount_outstanding_too_small'
            when
                bonds.maturity_date < (bonds.observation_date + interval 1 year)::date
                or bonds.maturity_date > (bonds.observation_date + interval 10 year)::date
                then 'remaining_maturity_outside_1_to_10_years'
            when bonds.price_pct_par < {{ var('standard_min_price_pct_par') }} then 'price_below_floor'
            when bonds.rating_group = 'NR' then 'rating_unknown'
        end as screen_reason,
        concat_ws(
            ' ',
            if(not delivered.has_isin, 'isin', null),
            if(not delivered.has_conversion, 'conv', null),
            if(not delivered.has_security_level, 'security_level', null),
            if(not delivered.has_offering_date, 'offering_date', null),
            nullif(delivered.unscreened_of_quotes, '')
        ) as unscreened
    from bonds
    cross join delivered

),

final as (

    select
        screened.source_row_number,
        screened.cusip,
        screened.month_end_date,
        screened.observation_date,
        screened.maturity_date,
        screened.offering_date,
        screened.next_coupon_date,
        date_diff('day', screened.observation_date, screened.maturity_date) as days_to_maturity,
        screened.isin,
        screened.ticker,
        screened.rating_group,
        screened.price_pct_par,
        screened.bond_yield_dec,
        screened.bid_ask_share,
        screened.bid_ask_status,
        screened.amount_outstanding_usd,
        screened.coupon_dec,
        screened.coupons_per_year_count,
        screened.accrued_interest_pct_par,
        screened.day_count_basis,
        screened.unscreened,
        screened.fault_reason,
        coalesce(screened.fault_reason, screened.screen_reason) as reject_reason,
        screened.raw_row_json
    from screened

)

select * from final
