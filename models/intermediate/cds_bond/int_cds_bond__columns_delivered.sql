-- Which optional columns of bonds and CDS quotes hold any value; a screen on an absent column is not applied.
-- Grain: one row per desk.

with

bonds as (

    select * from {{ ref('stg_wrds__bond_months') }}

),

quotes as (

    select * from {{ ref('stg_markit__cds_quotes') }}

),

bond_columns as (

    select
        count(bonds.isin_as_delivered) > 0 as has_isin,
        count(bonds.is_convertible) > 0 as has_conversion,
        count(bonds.security_level) > 0 as has_security_level,
        count(bonds.face_value_usd) > 0 as has_face_value,
        count(bonds.offering_date) > 0 as has_offering_date,
        count(bonds.coupon_dec) > 0 as has_coupon
    from bonds

),

quote_columns as (

    select
        count(quotes.tier) > 0 as has_tier,
        count(quotes.country) > 0 as has_country,
        count(quotes.currency) > 0 as has_currency,
        count(quotes.doc_clause) > 0 as has_doc_clause,
        count(quotes.contributor_count) > 0 as has_contributor_count
    from quotes

),

final as (

    select
        'cds_bond' as desk,
        bond_columns.has_isin,
        bond_columns.has_conversion,
        bond_columns.has_security_level,
        bond_columns.has_face_value,
        bond_columns.has_offering_date,
        bond_columns.has_coupon,
        quote_columns.has_tier,
        quote_columns.has_country,
        quote_columns.has_currency,
        quote_columns.has_doc_clause,
        quote_columns.has_contributor_count,
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
