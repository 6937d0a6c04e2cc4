-- Which optional columns of bonds and CDS quotes hold any value; a screen on an absent column is not applied.
-- Grain: one row per desk.

with

bond_columns as (

    select
        count(isin_as_delivered) > 0 as has_isin,
        count(is_convertible) > 0 as has_conversion,
        count(security_level) > 0 as has_security_level,
        count(face_value_usd) > 0 as has_face_value,
        count(offering_date) > 0 as has_offering_date,
        count(is_defaulted) > 0 as has_defaulted,
        count(bond_type) > 0 as has_bond_type,
        count(coupon_dec) > 0 as has_coupon,
        {{ mostly_verified('cusip', 'cusip_check_digit') }} as has_cusip_check_digits,
        {{ mostly_verified('isin', 'isin_check_digit') }} as has_isin_check_digits,
        -- 0 and 1 are classes; where half of the numbers are above 1 they are places from AAA to D, and 0
        -- is no rating. A single mistyped 2 does not make AAA of a file of high yield.
        coalesce(
            2 * count_if(try_cast(rating_label as double) > 1) >= count(try_cast(rating_label as double))
            and max(try_cast(rating_label as double)) > 1,
            false
        ) as has_rating_numbers
    from {{ ref('stg_wrds__bond_months') }}

),

quote_columns as (

    -- The first row that has a value answers; a market's quotes are not read to the end.
    select
        exists(
            select 1 from {{ ref('stg_markit__cds_quotes') }} as quotes
            where quotes.tier is not null
        ) as has_tier,
        exists(
            select 1 from {{ ref('stg_markit__cds_quotes') }} as quotes
            where quotes.country is not null
        ) as has_country,
        exists(
            select 1 from {{ ref('stg_markit__cds_quotes') }} as quotes
            where quotes.currency is not null
        ) as has_currency,
        exists(
            select 1 from {{ ref('stg_markit__cds_quotes') }} as quotes
            where quotes.doc_clause is not null
        ) as has_doc_clause,
        exists(
            select 1 from {{ ref('stg_markit__cds_quotes') }} as quotes
            where quotes.contributor_count is not null
        ) as has_contributor_count

),

final as (

    select
        'cds_bond' as desk,
        bond_columns.*,
        quote_columns.*,
        -- After the file, because bonds have optional columns of their own.
        concat_ws(
            ' ',
            if(not quote_columns.has_tier, 'cds_final.tier', null),
            if(not quote_columns.has_country, 'cds_final.country', null),
            if(not quote_columns.has_currency, 'cds_final.currency', null)
        ) as unscreened_of_quotes
    from bond_columns
    cross join quote_columns

)

select * from final
