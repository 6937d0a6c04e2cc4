{{ config(
    materialized='table_by_year',
    date_relation='intermediate.int_cds_bond__cds_quotes_screened',
    date_column='quote_date'
) }}
-- CDS curves on the dates of bonds, one column per tenor: the median quote over all document clauses.
-- Grain: one row per red_code and quote_date.
-- A median is per ticker: has_duplicate_tenor says that two tickers quote one tenor of the entity.
-- Filled year by year: all quotes of a market at once would not fit in memory.
-- Drops: other quotes, counted in int_ftsfr_notebook__cds_quotes_counted.

with

quotes as (

    select * from {{ ref('int_ftsfr_notebook__cds_quotes_screened') }}

),

bond_dates as (

    select distinct month_end_date as quote_date
    from {{ ref('int_ftsfr_notebook__bonds_screened') }}
    where reject_reason is null

),

medians as (

    select
        quotes.red_code,
        quotes.quote_date,
        quotes.tenor_code,
        quotes.ticker,
        median(quotes.par_spread_dec) as par_spread_dec,
        count(*) as quote_count
    from quotes
    where
        quotes.reject_reason is null
        and quotes.quote_date in (select bond_dates.quote_date from bond_dates)
        and {{ in_year('quotes.quote_date') }}
    group by quotes.red_code, quotes.quote_date, quotes.tenor_code, quotes.ticker

),

final as (

    select
        medians.red_code,
        medians.quote_date,
        {{ tenor_columns('min', 'medians', liquid_cds_tenor_codes()) }},
        count(distinct medians.tenor_code) as tenor_count,
        sum(medians.quote_count)::bigint as quote_count,
        count(*) > count(distinct medians.tenor_code) as has_duplicate_tenor
    from medians
    group by medians.red_code, medians.quote_date

)

select * from final
