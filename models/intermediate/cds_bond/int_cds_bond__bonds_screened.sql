-- Every delivered bond-month under both methods, with the first reason against using it.
-- Grain: one row per method and source_row_number.
-- compat: the notebook's pull and filter, duplicates kept. standard: faults first (keys, dates, prices,
-- duplicates), then the sample of the arbitrage-spread literature: senior, not convertible, one to ten
-- years to
-- go, price at least 50.
-- Tie-break: of equal rows of one cusip and month the first of the file is kept; rows that differ are all
-- rejected.
-- A screen on an optional column that the file does not have is not applied; unscreened says which.

with

bonds as (

    select * from {{ ref('stg_wrds__bond_months') }}

),

delivered as (

    select * from {{ ref('int_cds_bond__columns_delivered') }}

),

rating_groups as (

    select * from {{ ref('rating_groups') }}

),

compat_bonds as (

    select
        bonds.* replace (bonds.cusip_as_delivered as cusip, bonds.isin_as_delivered as isin),
        round_even(date_diff('day', bonds.offering_date, bonds.maturity_date) / 365.25::double, 0)
            as original_maturity_years,
        try_cast(split_part(bonds.rating_label, '.', 1) as integer) as rating_number
    from bonds

),

compat as (

    select
        'compat' as method,
        bonds.*,
        if(bonds.bid_ask_share is null, 'not_delivered', 'ok') as bid_ask_status,
        bonds.observation_date as month_end_date,
        case bonds.rating_number when 0 then 'IG' when 1 then 'HY' else 'NR' end as rating_group,
        null::varchar as fault_reason,
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
                <= {{ var('compat_min_amount_outstanding_usd') }}
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
        end as screen_reason,
        concat_ws(
            ' ',
            if(not delivered.has_isin, 'isin', null),
            if(not delivered.has_conversion, 'conv', null),
            if(not delivered.has_security_level, 'security_level', null),
            if(not delivered.has_face_value, 'principal_amt', null),
            nullif(delivered.unscreened_of_quotes, '')
        ) as unscreened
    from compat_bonds as bonds
    cross join delivered

),

timed_bonds as (

    select
        bonds.*,
        date_diff('day', bonds.observation_date, bonds.maturity_date) / 365.25 as years_to_maturity
    from bonds

),

standard_examined as (

    select
        bonds.*,
        last_day(bonds.observation_date) as month_end_date,
        coalesce(rating_groups.rating_group, 'NR') as rating_group,
        case
            when bonds.cusip is null or length(bonds.cusip) <> 9 then 'cusip_not_nine_characters'
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
        end as own_reason
    from timed_bonds as bonds
    left join rating_groups on upper(bonds.rating_label) = rating_groups.rating_label

),

standard_measured as (

    select
        bonds.*,
        if(
            count(*) over three_before > 1,
            bonds.amount_outstanding_usd / median(bonds.amount_outstanding_usd) over three_before,
            null
        ) as amount_to_earlier_ratio,
        bonds.amount_outstanding_usd / bonds.offering_amount_usd as amount_to_offered_ratio,
        median(if(bonds.bid_ask_share > 0, bonds.bid_ask_share, null)) over year_before
            as earlier_bid_ask_share,
        median(if(bonds.bid_ask_share > 0, bonds.bid_ask_share, null)) over month_so_far
            as usual_bid_ask_share
    from standard_examined as bonds
    window
        year_before as (
            partition by bonds.cusip, bonds.own_reason is null
            order by if(bonds.own_reason is null, bonds.observation_date, null)
            range between interval 1 year preceding and interval 1 day preceding
        ),
        three_before as (
            partition by bonds.cusip, bonds.own_reason is null
            order by bonds.observation_date, bonds.source_row_number
            rows between 3 preceding and 1 preceding
        ),
        month_so_far as (
            partition by bonds.month_end_date, bonds.own_reason is null
            order by bonds.observation_date
            range between unbounded preceding and current row
        )

),

-- Amounts shrink by any part in a tender, but not to exactly a hundredth. Bid-ask spreads differ widely;
-- one that is in another unit than the bond's own and than those of its month costs the bond that figure,
-- not the row.
standard_compared as (

    select
        bonds.* replace (
            case
                when bonds.own_reason is not null then bonds.own_reason
                when
                    {{ is_hundredfold('bonds.amount_to_offered_ratio') }}
                    or (
                        {{ is_hundredfold('bonds.amount_to_earlier_ratio') }}
                        and not coalesce(bonds.amount_to_offered_ratio between 0.05 and 2, false)
                    )
                    then 'amount_outstanding_unit_suspect'
            end as own_reason,
            if(bonds.bid_ask_status = 'unit_suspect', null, bonds.bid_ask_share) as bid_ask_share
        )
    from (
        select
            measured.*,
            case
                when measured.bid_ask_share is null then 'not_delivered'
                when
                    measured.bid_ask_share > 0
                    and {{ in_another_unit('measured.bid_ask_share', 'measured.usual_bid_ask_share') }}
                    and coalesce(
                        {{ in_another_unit('measured.bid_ask_share', 'measured.earlier_bid_ask_share') }},
                        true
                    )
                    then 'unit_suspect'
                else 'ok'
            end as bid_ask_status
        from standard_measured as measured
    ) as bonds

),

standard as (

    select
        'standard' as method,
        bonds.*,
        case
            when bonds.own_reason is not null then bonds.own_reason
            when
                {{ differs_within('whole_key', [
                    'price_pct_par', 'bond_yield_dec', 'maturity_date', 'amount_outstanding_usd',
                    'rating_group', 'bid_ask_share', 'isin'
                ]) }}
                then 'conflicting_duplicate'
            when row_number() over key_in_file_order > 1 then 'exact_duplicate'
        end as fault_reason,
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
    from standard_compared as bonds
    cross join delivered
    window
        key_in_file_order as (
            partition by bonds.cusip, bonds.month_end_date, bonds.own_reason is null
            order by bonds.source_row_number
        ),
        whole_key as (
            partition by bonds.cusip, bonds.month_end_date, bonds.own_reason is null
        )

),

stacked as (

    select * from compat
    union all by name
    select * from standard

),

final as (

    select
        stacked.method,
        stacked.source_row_number,
        stacked.cusip,
        stacked.month_end_date,
        stacked.observation_date,
        stacked.maturity_date,
        stacked.offering_date,
        stacked.next_coupon_date,
        date_diff('day', stacked.observation_date, stacked.maturity_date) as days_to_maturity,
        stacked.isin,
        stacked.ticker,
        stacked.rating_group,
        stacked.price_pct_par,
        stacked.bond_yield_dec,
        stacked.bid_ask_share,
        stacked.bid_ask_status,
        stacked.amount_outstanding_usd,
        stacked.coupon_dec,
        stacked.coupons_per_year_count,
        stacked.accrued_interest_pct_par,
        stacked.day_count_basis,
        stacked.unscreened,
        stacked.fault_reason,
        coalesce(stacked.fault_reason, stacked.screen_reason) as reject_reason,
        if(stacked.fault_reason is not null, stacked.raw_row_json, null) as raw_row_json
    from stacked

)

select * from final
