{{ config(
    materialized='table_by_year',
    date_relation='staging.stg_markit__cds_quotes',
    date_column='quote_date'
) }}
-- CDS quotes of the Z-spread code: the median of the distinct spreads of each name, day and tenor.
-- Grain: one row per red_code, quote_date, tenor_code and ticker_key.
-- Document clauses are mixed: equal spreads of several clauses count once, those of two spellings of a code
-- twice.
-- Drops: other contracts and tenors. A quote without code is of no name, but makes its day a quote day.

with

quotes as (

    select * from {{ ref('stg_markit__cds_quotes') }}

),

delivered as (

    select * from {{ ref('int_cds_bond__columns_delivered') }}

),

tenors as (

    select * from {{ ref('cds_tenors') }}
    where is_used_by_replicas

),

final as (

    select
        pulled.red_code,
        pulled.quote_date,
        pulled.tenor_code,
        pulled.ticker_key,
        median(pulled.par_spread_dec) as par_spread_dec,
        count(*) as distinct_quote_count
    from (
        select distinct
            coalesce(quotes.red_code, '') as red_code,
            -- The replaced code pulls distinct rows first and cleans their codes then.
            quotes.red_code_as_delivered,
            quotes.quote_date,
            tenors.tenor_code,
            coalesce(quotes.ticker, '') as ticker_key,
            quotes.par_spread_dec
        from quotes
        cross join delivered
        inner join tenors on quotes.tenor_as_delivered = tenors.tenor_code
        where
            {{ replica_contract_reason('quotes', 'delivered') }} is null
            and {{ in_year('quotes.quote_date') }}
    ) as pulled
    group by pulled.red_code, pulled.quote_date, pulled.tenor_code, pulled.ticker_key

)

select * from final
