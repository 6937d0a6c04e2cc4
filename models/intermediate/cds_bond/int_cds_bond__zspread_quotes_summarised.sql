{{ config(
    materialized='table_by_year',
    date_relation='intermediate.int_cds_bond__cds_quotes_screened',
    date_column='quote_date'
) }}
-- CDS quotes of the compat_zspread method: the median of the distinct spreads of each name, day and tenor.
-- Grain: one row per red_code, quote_date, tenor_code and ticker_key.
-- Document clauses are mixed; equal spreads of several clauses count once.
-- Drops: other contracts and tenors, and quotes without code.

with

quotes as (

    select * from {{ ref('int_cds_bond__cds_quotes_screened') }}

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
            quotes.red_code,
            quotes.quote_date,
            quotes.tenor_code,
            coalesce(quotes.ticker, '') as ticker_key,
            quotes.par_spread_dec
        from quotes
        where
            quotes.compat_contract_reason is null
            and quotes.compat_reason is distinct from 'tenor_not_used'
            and quotes.red_code is not null
            and {{ in_year('quotes.quote_date') }}
    ) as pulled
    group by pulled.red_code, pulled.quote_date, pulled.tenor_code, pulled.ticker_key

)

select * from final
