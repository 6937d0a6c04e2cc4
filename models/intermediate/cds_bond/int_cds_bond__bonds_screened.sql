-- Every delivered bond-month with the first reason against using it: a fault, or outside the sample.
-- Grain: one row per source_row_number.
-- The sample is that of the arbitrage-spread literature: senior, not convertible, one to ten years to go,
-- price at least 50.
-- A screen on an optional column that the file does not have is not applied; unscreened says which. A bond
-- that bond_terms does not list keeps what wrds_bond says of it.

with

bonds as (

    select * from {{ ref('int_cds_bond__bonds_compared') }}

),

delivered as (

    select * from {{ ref('int_cds_bond__columns_delivered') }}

),

terms as (

    select * from {{ ref('int_cds_bond__bond_terms_screened') }}
    where reject_reason is null

),

described as (

    select
        bonds.* exclude (bonds.raw_row_json) replace (
            coalesce(bonds.is_defaulted, false)
            or coalesce(terms.default_date <= bonds.observation_date, false) as is_defaulted,
            if(delivered.has_security_level, bonds.security_level, terms.security_level) as security_level,
            coalesce(nullif(trim(terms.day_count_basis), ''), bonds.day_count_basis) as day_count_basis,
            coalesce(terms.dated_date, bonds.dated_date) as dated_date,
            coalesce(
                terms.first_coupon_date,
                -- Vendors write half a year after issue for quarterly bonds: no first coupon is so long.
                if(
                    bonds.first_coupon_date = bonds.next_coupon_date
                    and date_diff('day', bonds.dated_date, bonds.first_coupon_date)
                    < 1.9 * 365 / bonds.coupons_per_year_count,
                    bonds.first_coupon_date,
                    null
                )
            ) as first_coupon_date
        ),
        -- A coupon of zero that is paid four times a year is one that nobody has filled in.
        coalesce(terms.coupon_type, case
            when bonds.coupon_dec = 0 then if(bonds.coupons_per_year_count > 0, 'floating', 'zero')
            when bonds.coupon_dec > 0 then 'fixed'
        end) as coupon_type,
        terms.is_callable and not coalesce(terms.is_make_whole, false) as is_callable,
        terms.is_make_whole,
        terms.is_putable,
        terms.has_sinking_fund,
        terms.is_rule_144a,
        terms.default_date,
        terms.last_coupon_date as listed_last_coupon_date,
        case
            when terms.cusip is not null then 'listed'
            when exists (select 1 from {{ ref('stg_wrds__bond_terms') }}) then 'bond_not_listed'
            else 'bond_terms_not_delivered'
        end as terms_status,
        bonds.raw_row_json
    from bonds
    cross join delivered
    left join terms on bonds.cusip = terms.cusip

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
                (delivered.has_security_level or bonds.security_level is not null)
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
            when bonds.is_defaulted then 'defaulted'
            when bonds.coupon_type = 'floating' then 'floating_coupon'
            when bonds.bond_type in ('{{ var("standard_excluded_bond_types").split() | join("', '") }}')
                then 'bond_type_not_plain'
            {% for feature, flag in {
                'callable': 'is_callable', 'putable': 'is_putable', 'sinking_fund': 'has_sinking_fund',
                'rule_144a': 'is_rule_144a',
            }.items() if feature in var('standard_excluded_features').split() -%}
                when bonds.{{ flag }} then '{{ feature }}'
            {% endfor %}
        end as screen_reason,
        concat_ws(
            ' ',
            if(not delivered.has_isin, 'isin', null),
            if(not delivered.has_conversion, 'conv', null),
            if(not delivered.has_security_level, 'security_level', null),
            if(not delivered.has_offering_date, 'offering_date', null),
            if(not delivered.has_defaulted, 'defaulted', null),
            if(not delivered.has_bond_type, 'bond_type', null),
            nullif(delivered.unscreened_of_quotes, '')
        ) as unscreened,
        {{ odd_last_coupon('bonds') }} as odd_last_coupon_date
    from described as bonds
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
        screened.trade_date,
        screened.coupon_type,
        screened.bond_type,
        screened.security_level,
        screened.dated_date,
        screened.first_coupon_date,
        coalesce(screened.listed_last_coupon_date, screened.last_coupon_date) as last_coupon_date,
        screened.odd_last_coupon_date,
        screened.default_date,
        screened.is_defaulted,
        screened.is_convertible,
        screened.is_callable,
        screened.is_make_whole,
        screened.is_putable,
        screened.has_sinking_fund,
        screened.is_rule_144a,
        screened.terms_status,
        screened.unscreened,
        screened.fault_reason,
        coalesce(screened.fault_reason, screened.screen_reason) as reject_reason,
        screened.raw_row_json
    from screened

)

select * from final
