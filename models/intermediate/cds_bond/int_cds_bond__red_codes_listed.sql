-- Reference entity codes by the identifier that leads to them.
-- Grain: one row per method, match_rule, match_key and red_code.
-- compat: issuer CUSIP-6 of the obligation, codes as delivered.
-- standard: ISIN, and issuer CUSIP-6, codes cleaned.

with

obligations as (

    select * from {{ ref('stg_markit__red_obligations') }}

),

keys as (

    select
        'compat' as method,
        'issuer_cusip_6' as match_rule,
        substr(obligations.obligation_cusip_as_delivered, 1, 6) as match_key,
        obligations.red_code_as_delivered as red_code,
        obligations.source_row_number
    from obligations
    where coalesce(obligations.tier, '{{ var('cds_tier') }}') = '{{ var('cds_tier') }}'
    union all
    select
        'standard' as method,
        'isin' as match_rule,
        obligations.isin as match_key,
        obligations.red_code,
        obligations.source_row_number
    from obligations
    where obligations.tier is null or {{ is_code('obligations.tier', var('cds_tier')) }}
    union all
    select
        'standard' as method,
        'issuer_cusip_6' as match_rule,
        substr(obligations.obligation_cusip, 1, 6) as match_key,
        obligations.red_code,
        obligations.source_row_number
    from obligations
    where obligations.tier is null or {{ is_code('obligations.tier', var('cds_tier')) }}

),

final as (

    select
        keys.method,
        keys.match_rule,
        keys.match_key,
        keys.red_code,
        min(keys.source_row_number) as first_row_number
    from keys
    where keys.match_key is not null and keys.red_code is not null
    group by keys.method, keys.match_rule, keys.match_key, keys.red_code

)

select * from final
