-- How many distinct CDS quotes the file has of each RED code that shares an ISIN with another.
-- Grain: one row per red_code.
-- Only these codes compete for a bond; counting the quotes of all would sort a whole market.

with

listed as (

    select distinct
        isin,
        red_code
    from {{ ref('stg_markit__red_obligations') }}
    where
        (tier is null or {{ is_code('tier', var('cds_tier')) }})
        and isin is not null
        and red_code is not null

),

contested as (

    select distinct listed.red_code
    from listed
    inner join listed as others
        on listed.isin = others.isin and listed.red_code <> others.red_code

),

final as (

    select
        pulled.red_code,
        count(*) as quote_count
    from (
        select distinct
            quotes.red_code,
            quotes.red_code_as_delivered,
            quotes.quote_date,
            tenors.tenor_code,
            coalesce(quotes.ticker, '') as ticker_key,
            quotes.par_spread_dec
        from {{ ref('int_cds_bond__cds_quotes_screened') }} as quotes
        inner join contested on quotes.red_code = contested.red_code
        cross join {{ ref('int_cds_bond__columns_delivered') }} as delivered
        inner join {{ ref('cds_tenors') }} as tenors
            on quotes.tenor_as_delivered = tenors.tenor_code and tenors.is_used_by_replicas
        where
            {{ replica_contract_reason('quotes', 'delivered') }} is null
            and isfinite(quotes.quote_date)
    ) as pulled
    group by pulled.red_code

)

select * from final
