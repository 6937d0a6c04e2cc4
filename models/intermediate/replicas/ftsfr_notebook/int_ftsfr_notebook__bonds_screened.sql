-- Every delivered bond-month with the first reason why the notebook's pull or filter leaves it out.
-- Grain: one row per source_row_number.
-- Codes are compared as delivered; repeated lines are kept.
-- A screen on an optional column that the file does not have is not applied; unscreened says which.

with

bonds as (

    select
        *,
        round_even(date_diff('day', offering_date, maturity_date) / 365.25::double, 0)
            as original_maturity_years,
        try_cast(split_part(rating_label, '.', 1) as integer) as rating_number
    from {{ ref('stg_wrds__bond_months') }}

),

delivered as (

    select * from {{ ref('int_cds_bond__columns_delivered') }}

),

final as (

    select
        bonds.source_row_number,
        bonds.cusip_as_delivered as cusip,
        bonds.observation_date as month_end_date,
        bonds.maturity_date,
        bonds.offering_date,
        date_diff('day', bonds.observation_date, bonds.maturity_date) as days_to_maturity,
        bonds.isin_as_delivered as isin,
        bonds.ticker,
        case bonds.rating_number when 0 then 'IG' when 1 then 'HY' else 'NR' end as rating_group,
        bonds.price_pct_par,
        bonds.bond_yield_dec,
        bonds.bid_ask_share,
        if(bonds.bid_ask_share is null, 'not_delivered', 'ok') as bid_ask_status,
        bonds.amount_outstanding_usd,
        concat_ws(
            ' ',
            if(not delivered.has_isin, 'isin', null),
            if(not delivered.has_conversion, 'conv', null),
            if(not delivered.has_security_level, 'security_level', null),
            if(not delivered.has_face_value, 'principal_amt', null),
            nullif(delivered.unscreened_of_quotes, '')
        ) as unscreened,
        case
            when delivered.has_isin and coalesce(bonds.isin_as_delivered, '') = '' then 'isin_blank'
            when delivered.has_conversion and coalesce(bonds.is_convertible, true)
                then 'convertible'
            when delivered.has_security_level and coalesce(bonds.security_level, '') <> 'SEN'
                then 'not_senior'
            when delivered.has_face_value and coalesce(bonds.face_value_usd, 0) <= 10
                then 'face_value_too_small'
            when
                coalesce(bonds.amount_outstanding_usd, 0)
                <= {{ var('ftsfr_notebook_min_amount_outstanding_usd') }}
                then 'amount_outstanding_too_small'
            when bonds.observation_date is null or bonds.cusip_as_delivered is null
                then 'key_missing_or_unreadable'
            when not delivered.has_offering_date then 'offering_date_not_delivered'
            when bonds.original_maturity_years is null then 'offering_or_maturity_date_missing'
            when bonds.original_maturity_years not between 1 and 10
                then 'original_maturity_outside_1_to_10_years'
            when coalesce(bonds.bond_yield_dec, 0) <= 0 then 'yield_not_positive_or_missing'
            when bonds.bond_yield_dec >= 0.5 then 'yield_50_pct_or_more'
            when coalesce(bonds.price_pct_par, 0) <= 50 then 'price_50_or_less'
            when bonds.price_pct_par >= 150 then 'price_150_or_more'
            when bonds.rating_number is null then 'rating_unreadable'
        end as reject_reason
    from bonds
    cross join delivered

)

select * from final
