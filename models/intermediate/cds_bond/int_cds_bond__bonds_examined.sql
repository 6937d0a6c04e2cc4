{{ config(materialized='view') }}
-- Every delivered bond-month with the first fault that its own line shows: key, dates, price, yield, amount.
-- Grain: one row per source_row_number.
-- A view, read once: what a fault needs of other lines is in int_cds_bond__bonds_compared.

with

bonds as (

    select
        bonds.* replace (
            case
                when not delivered.has_rating_numbers
                    then if(try_cast(bonds.rating_label as double) > 1, null, bonds.rating_label)
                when {{ whole_value('bonds.rating_label') }} = 1 then 'AAA'
                when try_cast(bonds.rating_label as double) = 0 then null
                else coalesce({{ whole_value('bonds.rating_label') }}::varchar, bonds.rating_label)
            end as rating_label
        ),
        case
            when delivered.has_cusip_check_digits and right(bonds.cusip, 1) <> bonds.cusip_check_digit
                then 'cusip_check_digit_wrong'
            when
                delivered.has_isin_check_digits
                and (right(bonds.isin, 1) <> bonds.isin_check_digit or length(bonds.isin) <> 12)
                then 'isin_check_digit_wrong'
        end as code_reason,
        date_diff('day', bonds.observation_date, bonds.maturity_date) / 365.25 as years_to_maturity
    from {{ ref('stg_wrds__bond_months') }} as bonds
    cross join {{ ref('int_cds_bond__columns_delivered') }} as delivered

),

rating_groups as (

    select * from {{ ref('rating_groups') }}

),

final as (

    select
        bonds.* exclude (
            bonds.cusip_as_delivered,
            bonds.isin_as_delivered,
            bonds.years_to_maturity,
            bonds.cusip_check_digit,
            bonds.isin_check_digit,
            bonds.code_reason,
            bonds.row_fault,
            bonds.face_value_usd,
            bonds.issue_code,
            bonds.rating_label
        ),
        last_day(bonds.observation_date) as month_end_date,
        coalesce(rating_groups.rating_group, 'NR') as rating_group,
        case
            when bonds.cusip is null or length(bonds.cusip) <> 9 then 'cusip_not_nine_characters'
            when bonds.code_reason is not null then bonds.code_reason
            when {{ date_unusable('bonds.observation_date') }} then 'date_missing_or_unreadable'
            when {{ date_unusable('bonds.maturity_date') }} then 'maturity_missing_or_unreadable'
            when bonds.maturity_date <= bonds.observation_date then 'matured'
            when bonds.observation_date < bonds.offering_date then 'before_issue'
            when bonds.price_pct_par is null then 'price_missing_or_unreadable'
            when not (isfinite(bonds.price_pct_par) and bonds.price_pct_par > 0)
                then 'price_not_positive'
            when bonds.price_pct_par > {{ var('max_price_pct_par') }} then 'price_above_plausible'
            when bonds.bond_yield_dec is null then 'yield_missing_or_unreadable'
            when
                not (
                    isfinite(bonds.bond_yield_dec)
                    and bonds.bond_yield_dec between
                    {{ var('min_bond_yield_dec') }} and {{ var('max_bond_yield_dec') }}
                )
                then 'yield_outside_plausible_range'
            when
                bonds.coupon_dec not between 0 and {{ var('max_coupon_dec') }}
                or (bonds.coupon_dec > 0 and bonds.coupon_dec < {{ var('min_coupon_dec') }})
                then 'coupon_outside_plausible_range'
            -- Ten-fold yields hide inside the plausible range; price and coupon give them away: the
            -- yield that the price implies, y, must satisfy |yield - y| <= tolerance + y / 2, or the price
            -- be as near as accrual and the day of the trade allow.
            when
                bonds.price_pct_par - {{ var('yield_price_tolerance_pct_par') }} > {{ price_at_yield(
                    'bonds.coupon_dec',
                    '(bonds.bond_yield_dec - %s) / 1.5' % var('yield_price_tolerance_dec'),
                    'bonds.years_to_maturity',
                ) }}
                or bonds.price_pct_par + {{ var('yield_price_tolerance_pct_par') }} < {{ price_at_yield(
                    'coalesce(bonds.coupon_dec, 0)',
                    '2 * (bonds.bond_yield_dec + %s)' % var('yield_price_tolerance_dec'),
                    'bonds.years_to_maturity',
                ) }}
                then 'yield_contradicts_price'
            -- So is a yield far below the one that the price implies, however small both are.
            when
                bonds.bond_yield_dec > 0
                and bonds.price_pct_par + {{ var('yield_price_tolerance_pct_par') }} < {{ price_at_yield(
                    'coalesce(bonds.coupon_dec, 0)',
                    '%s * bonds.bond_yield_dec' % var('other_unit_ratio'),
                    'bonds.years_to_maturity',
                ) }}
                then 'yield_unit_suspect'
            when
                not (isfinite(bonds.amount_outstanding_usd) and bonds.amount_outstanding_usd > 0)
                or bonds.amount_outstanding_usd is null
                then 'amount_outstanding_missing_or_not_positive'
            when bonds.amount_outstanding_usd > {{ var('max_amount_outstanding_usd') }}
                then 'amount_outstanding_above_plausible'
            else bonds.row_fault
        end as own_reason
    from bonds
    left join rating_groups on upper(bonds.rating_label) = rating_groups.rating_label

)

select * from final
