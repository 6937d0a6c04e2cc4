-- Every delivered bond-month with the first reason why the Z-spread code leaves it out.
-- Grain: one row per source_row_number.
-- The pull of the replaced Z-spread code: senior, not convertible, one to ten calendar years to go, more
-- than 100,000 dollars outstanding, price at least 50; then complete rows only, and of each date, ISIN and
-- issue the first.
-- Rating: the label contains HY or JUNK, unless it contains IG or INVESTMENT, as "High Yield" does.
-- A screen on an optional column that the file does not have is not applied; unscreened says which. Without
-- ISIN or coupon there is neither entity nor price.

with

bonds as (

    select * from {{ ref('stg_wrds__bond_months') }}

),

delivered as (

    select * from {{ ref('int_cds_bond__columns_delivered') }}

),

examined as (

    select
        bonds.*,
        case
            when
                contains(upper(bonds.rating_label), 'IG')
                or contains(upper(bonds.rating_label), 'INVESTMENT')
                then 'IG'
            when contains(upper(bonds.rating_label), 'HY') or contains(upper(bonds.rating_label), 'JUNK')
                then 'HY'
            else 'NR'
        end as rating_group,
        case
            when
                bonds.observation_date not between
                '{{ var('ftsfr_zspread_first_date') }}' and '{{ var('ftsfr_zspread_last_date') }}'
                then 'date_outside_sample'
            when delivered.has_security_level and coalesce(bonds.security_level, '') <> 'SEN'
                then 'not_senior'
            when
                bonds.maturity_date < (bonds.observation_date + interval 1 year)::date
                or bonds.maturity_date > (bonds.observation_date + interval 10 year)::date
                then 'remaining_maturity_outside_1_to_10_years'
            when
                coalesce(bonds.amount_outstanding_usd, 0)
                <= {{ var('ftsfr_zspread_min_amount_outstanding_usd') }}
                then 'amount_outstanding_too_small'
            when delivered.has_conversion and coalesce(bonds.is_convertible, true)
                then 'convertible'
            when bonds.price_pct_par < {{ var('standard_min_price_pct_par') }} then 'price_below_floor'
            when not delivered.has_isin then 'isin_not_delivered'
            when coalesce(trim(bonds.isin_as_delivered), '') = '' then 'isin_blank'
            when not delivered.has_coupon then 'coupon_not_delivered'
            when
                bonds.observation_date is null
                or bonds.maturity_date is null
                or bonds.coupon_dec is null
                or (delivered.has_face_value and bonds.face_value_usd is null)
                or bonds.price_pct_par is null
                then 'input_missing'
        end as screen_reason,
        concat_ws(
            ' ',
            if(not delivered.has_conversion, 'conv', null),
            if(not delivered.has_security_level, 'security_level', null),
            if(not delivered.has_face_value, 'principal_amt', null),
            nullif(delivered.unscreened_of_quotes, '')
        ) as unscreened
    from bonds
    cross join delivered

),

final as (

    select
        examined.source_row_number,
        examined.cusip_as_delivered as cusip,
        examined.isin,
        examined.ticker,
        examined.observation_date as month_end_date,
        examined.maturity_date,
        date_diff('day', examined.observation_date, examined.maturity_date) as days_to_maturity,
        examined.next_coupon_date,
        examined.rating_group,
        examined.day_count_basis,
        examined.price_pct_par,
        examined.accrued_interest_pct_par,
        examined.coupon_dec,
        examined.coupons_per_year_count,
        examined.bond_yield_dec,
        examined.bid_ask_share,
        examined.amount_outstanding_usd,
        examined.unscreened,
        case
            when examined.screen_reason is not null then examined.screen_reason
            when row_number() over key_in_file_order > 1 then 'exact_duplicate'
        end as reject_reason
    from examined
    window
        key_in_file_order as (
            partition by
                examined.observation_date,
                upper(trim(examined.isin_as_delivered)),
                examined.issue_code,
                examined.screen_reason is null
            order by examined.source_row_number
        )

)

select * from final
