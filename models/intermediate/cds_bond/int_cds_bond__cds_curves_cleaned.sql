{{ config(
    materialized='table_by_year',
    date_relation='intermediate.int_cds_bond__cds_quotes_screened',
    date_column='quote_date'
) }}
-- CDS curves, one column per tenor: the median quote, null where the tenor was not quoted.
-- Grain: one row per red_code and quote_date.
-- Quotes are of one document clause, the first of the catalog's preference with two tenors.
-- Tie-break: of clauses with two tenors the lower preference rank, then the clause text.
-- Filled year by year: all quotes of a market at once would not fit in memory.
-- Drops: faults and unused contracts, counted in int_accounting__rows_counted.

{% set tenors = cds_tenor_codes() %}

with

quotes as (

    select * from {{ ref('int_cds_bond__cds_quotes_screened') }}

),

clauses as (

    select * from {{ ref('cds_doc_clauses') }}

),

final as (

    select
        quotes.red_code,
        quotes.quote_date,
        quotes.doc_clause,
        min(quotes.ticker) as ticker,
        {{ tenor_columns('median', 'quotes', tenors) }},
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
        and quotes.tenor_reason is null
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

)

select * from final
