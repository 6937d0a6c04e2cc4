{{ config(
    materialized='table_by_year',
    date_relation='intermediate.int_cds_bond__cds_quotes_screened',
    date_column='quote_date'
) }}
-- CDS quotes of the compat_zspread method: the median of the distinct spreads of each name, day and tenor.
-- Grain: one row per red_code, quote_date, tenor_code and ticker_key.
-- Document clauses are mixed; equal spreads of several clauses count once, those of two spellings of a code
-- twice.
-- Drops: other contracts and tenors. A quote without code is of no name, but makes its day a quote day.

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
            coalesce(quotes.red_code, '') as red_code,
            -- The replaced code pulls distinct rows first and cleans their codes then.
            quotes.red_code_as_delivered,
            quotes.quote_date,
            quotes.tenor_code,
            coalesce(quotes.ticker, '') as ticker_key,
            quotes.par_spread_dec
        from quotes
        where
            quotes.compat_contract_reason is null
            and quotes.compat_reason is distinct from 'tenor_not_used'
            and {{ in_year('quotes.quote_date') }}
    ) as pulled
    group by pulled.red_code, pulled.quote_date, pulled.tenor_code, pulled.ticker_key

)

select * from final
