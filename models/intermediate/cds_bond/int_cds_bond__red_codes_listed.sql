-- Reference entity codes by the identifier that leads to them: ISIN, or CUSIP-6 of the issuer.
-- Grain: one row per match_rule, match_key and red_code.

with

obligations as (

    select * from {{ ref('stg_markit__red_obligations') }}
    where tier is null or {{ is_code('tier', var('cds_tier')) }}

),

keys as (

    select
        'isin' as match_rule,
        obligations.isin as match_key,
        obligations.red_code
    from obligations
    union
    select
        'issuer_cusip_6' as match_rule,
        substr(obligations.obligation_cusip, 1, 6) as match_key,
        obligations.red_code
    from obligations

),

final as (

    select
        keys.match_rule,
        keys.match_key,
        keys.red_code
    from keys
    where keys.match_key is not null and keys.red_code is not null

)

select * from final
