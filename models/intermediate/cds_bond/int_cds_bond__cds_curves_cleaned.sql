{{ config(
    materialized='table_by_year',
    date_relation='intermediate.int_cds_bond__cds_quotes_screened',
    date_column='quote_date'
) }}
-- CDS curves, one column per tenor: the median quote, null where the tenor was not quoted.
-- Grain: one row per red_code and quote_date.
-- A curve has one document clause: the first in the catalog's order of preference that quotes two tenors.
-- Tie-break: of clauses with two tenors the lower preference rank, then the clause text.
-- Recovery: the vendor's for the name and day, half way where its quotes differ; else that of cds_tiers.csv.
-- Filled year by year: all quotes of a market at once would not fit in memory.
-- Drops: faults and unused contracts, counted in int_accounting__rows_counted.

{% set tenors = cds_tenor_codes() %}
{% set rule = var('cds_recovery_rule') %}

with

quotes as (

    select
        red_code,
        quote_date,
        doc_clause,
        ticker,
        tenor_code,
        par_spread_dec,
        contributor_count,
        if(recovery_share > 0 and recovery_share < 1, recovery_share, null) as recovery_share
    from {{ ref('int_cds_bond__cds_quotes_screened') }}
    where
        fault_reason is null
        and contract_reason is null
        and tenor_reason is null
        and {{ in_year('quote_date') }}

),

clauses as (

    select * from {{ ref('cds_doc_clauses') }}

),

-- The median of one or two quotes lies half way; nearly all tenors have one.
halved as (

    select
        red_code,
        quote_date,
        doc_clause,
        min(ticker) as ticker,
        {% for tenor in tenors -%}
            {% set spread = "if(tenor_code = '" ~ tenor ~ "', par_spread_dec, null)" -%}
            (min({{ spread }}) + max({{ spread }})) / 2 as par_spread_{{ tenor | lower }}_dec,
            count({{ spread }}) as quotes_{{ tenor | lower }}_count,
        {% endfor -%}
        (min(recovery_share) + max(recovery_share)) / 2 as recovery_share,
        count(*) as quote_count,
        coalesce(
            max(if(tenor_code = '5Y', contributor_count, null)), max(contributor_count)
        ) as contributor_count
    from quotes
    group by red_code, quote_date, doc_clause

),

chosen as (

    select
        halved.*,
        {% for tenor in tenors -%}
            (halved.quotes_{{ tenor | lower }}_count > 0)::integer {{ '+' if not loop.last }}
        {% endfor -%}
            as tenor_count
    from halved
    left join clauses on halved.doc_clause = clauses.doc_clause
    qualify
        row_number() over (
            partition by halved.red_code, halved.quote_date
            order by
                tenor_count >= 2 desc,
                clauses.preference_number asc nulls last,
                halved.doc_clause asc nulls last
        ) = 1

),

-- Three or more quotes have to be sorted.
medians as (

    select
        quotes.red_code,
        quotes.quote_date,
        {{ tenor_columns('median', 'quotes', tenors) }}
    from quotes
    inner join chosen
        on
            quotes.red_code = chosen.red_code
            and quotes.quote_date = chosen.quote_date
            and quotes.doc_clause is not distinct from chosen.doc_clause
    where
        greatest(
            {% for tenor in tenors -%}
                chosen.quotes_{{ tenor | lower }}_count{{ ',' if not loop.last }}
            {% endfor -%}
        ) > 2
    group by quotes.red_code, quotes.quote_date

),

final as (

    select
        chosen.red_code,
        chosen.quote_date,
        chosen.doc_clause,
        chosen.ticker,
        {% for tenor in tenors -%}
            coalesce(medians.par_spread_{{ tenor | lower }}_dec, chosen.par_spread_{{ tenor | lower }}_dec)
                as par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        {% for tenor in tenors -%}
            chosen.quotes_{{ tenor | lower }}_count,
        {% endfor -%}
        {% set is_delivered = 'true' if rule == 'delivered' else 'false' -%}
        {% set has_tier = 'false' if rule == 'assumed' else 'tiers.recovery_share is not null' -%}
        case
            when {{ is_delivered }} and chosen.recovery_share is not null then chosen.recovery_share
            when {{ has_tier }} then tiers.recovery_share
            else {{ var('cds_recovery_share') }}
        end as recovery_share,
        case
            when {{ is_delivered }} and chosen.recovery_share is not null then 'vendor'
            when {{ has_tier }} then 'tier'
            else 'assumed'
        end as recovery_source,
        chosen.tenor_count,
        chosen.quote_count,
        chosen.contributor_count,
        false as has_duplicate_tenor
    from chosen
    left join medians
        on chosen.red_code = medians.red_code and chosen.quote_date = medians.quote_date
    left join {{ ref('cds_tiers') }} as tiers on {{ is_code('tiers.tier', var('cds_tier')) }}
    order by chosen.red_code, chosen.quote_date

)

select * from final
