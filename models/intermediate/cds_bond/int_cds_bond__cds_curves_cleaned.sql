{{ config(
    materialized='table_by_year',
    date_relation='intermediate.int_cds_bond__cds_quotes_screened',
    date_column='quote_date'
) }}
-- CDS curves, one column per tenor: the median quote, null where the tenor was not quoted.
-- Grain: one row per method, red_code and quote_date.
-- compat: every document clause in one median, per ticker; only dates on which a bond is observed.
-- standard: quotes of one document clause, the first of the catalog's preference with two tenors.
-- Tie-break: of clauses with two tenors the lower preference rank, then the clause text.
-- Filled year by year: all quotes of a market at once would not fit in memory.
-- Drops: faults and unused contracts, counted in int_cds_bond__cds_quotes_counted.

{% set tenors = cds_tenor_codes() %}

with

quotes as (

    select * from {{ ref('int_cds_bond__cds_quotes_screened') }}

),

clauses as (

    select * from {{ ref('cds_doc_clauses') }}

),

bond_dates as (

    select distinct month_end_date as quote_date
    from {{ ref('int_cds_bond__bonds_screened') }}
    where method = 'compat' and reject_reason is null

),

compat_medians as (

    select
        quotes.red_code_as_delivered as red_code,
        quotes.quote_date,
        quotes.tenor_code,
        quotes.ticker,
        median(quotes.par_spread_dec) as par_spread_dec,
        count(*) as quote_count
    from quotes
    where
        quotes.compat_contract_reason is null
        and quotes.compat_reason is null
        and quotes.quote_date in (select bond_dates.quote_date from bond_dates)
        and {{ in_year('quotes.quote_date') }}
    group by quotes.red_code_as_delivered, quotes.quote_date, quotes.tenor_code, quotes.ticker

),

compat as (

    select
        'compat' as method,
        medians.red_code,
        medians.quote_date,
        null::varchar as doc_clause,
        min(medians.ticker) as ticker,
        {% for tenor in tenors -%}
            min(medians.par_spread_dec) filter (where medians.tenor_code = '{{ tenor }}')
                as par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        {% for tenor in tenors -%}
            coalesce(sum(medians.quote_count) filter (where medians.tenor_code = '{{ tenor }}'), 0)::bigint
                as quotes_{{ tenor | lower }}_count,
        {% endfor -%}
        count(distinct medians.tenor_code) as tenor_count,
        sum(medians.quote_count)::bigint as quote_count,
        count(*) > count(distinct medians.tenor_code) as has_duplicate_tenor
    from compat_medians as medians
    group by medians.red_code, medians.quote_date

),

standard as (

    select
        'standard' as method,
        quotes.red_code,
        quotes.quote_date,
        quotes.doc_clause,
        min(quotes.ticker) as ticker,
        {% for tenor in tenors -%}
            median(quotes.par_spread_dec) filter (where quotes.tenor_code = '{{ tenor }}')
                as par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        {% for tenor in tenors -%}
            count(*) filter (where quotes.tenor_code = '{{ tenor }}')
                as quotes_{{ tenor | lower }}_count,
        {% endfor -%}
        {% for tenor in tenors -%}
            bool_or(quotes.tenor_code = '{{ tenor }}')::integer {{ '+' if not loop.last }}
        {% endfor -%}
            as tenor_count,
        count(*) as quote_count,
        false as has_duplicate_tenor
    from quotes
    left join clauses on quotes.doc_clause = clauses.doc_clause
    where
        quotes.fault_reason is null
        and quotes.contract_reason is null
        and quotes.standard_tenor_reason is null
        and {{ in_year('quotes.quote_date') }}
    group by quotes.red_code, quotes.quote_date, quotes.doc_clause
    qualify
        row_number() over (
            partition by quotes.red_code, quotes.quote_date
            order by
                tenor_count >= 2 desc,
                min(clauses.preference_number) nulls last,
                quotes.doc_clause nulls last
        ) = 1

),

final as (

    select * from compat
    union all by name
    select * from standard

)

select * from final
