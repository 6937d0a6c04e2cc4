{{ config(
    materialized='table_by_year',
    date_relation='intermediate.int_cds_bond__cds_quotes_screened',
    date_column='quote_date'
) }}
-- CDS quotes of the Z-spread code: the median of the distinct spreads of each name, day and tenor.
-- Grain: one row per red_code, quote_date, tenor_code and ticker_key.
-- Document clauses are mixed: equal spreads of several clauses count once, those of two spellings of a code
-- twice.
-- Drops: other contracts and tenors, and days that are neither the latest for a bond's date nor the last of a
-- year; one day in twenty is left. A quote without a code has no name, but makes its day a quote day.

with

quotes as (

    select
        quotes.red_code,
        quotes.red_code_as_delivered,
        quotes.quote_date,
        tenors.tenor_code,
        quotes.ticker,
        quotes.par_spread_dec
    from {{ ref('int_cds_bond__cds_quotes_screened') }} as quotes
    cross join {{ ref('int_cds_bond__columns_delivered') }} as delivered
    inner join {{ ref('cds_tenors') }} as tenors
        on quotes.tenor_as_delivered = tenors.tenor_code and tenors.is_used_by_replicas
    where
        {{ replica_contract_reason('quotes', 'delivered') }} is null
        and {{ in_year('quotes.quote_date') }}

),

quote_dates as (

    select distinct quote_date
    from quotes
    where par_spread_dec is not null

),

bond_dates as (

    select distinct month_end_date
    from {{ ref('int_ftsfr_zspread__bonds_screened') }}
    where reject_reason is null

),

used_dates as (

    select distinct quote_dates.quote_date
    from bond_dates
    asof inner join quote_dates on bond_dates.month_end_date >= quote_dates.quote_date

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
            -- The replaced code pulls distinct rows first and then cleans their codes.
            quotes.red_code_as_delivered,
            quotes.quote_date,
            quotes.tenor_code,
            coalesce(quotes.ticker, '') as ticker_key,
            quotes.par_spread_dec
        from quotes
        inner join used_dates on quotes.quote_date = used_dates.quote_date
    ) as pulled
    group by pulled.red_code, pulled.quote_date, pulled.tenor_code, pulled.ticker_key

)

select * from final
