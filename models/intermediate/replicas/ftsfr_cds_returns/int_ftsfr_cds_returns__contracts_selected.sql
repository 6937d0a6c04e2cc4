{{ config(
    materialized='table_by_year',
    date_relation='intermediate.int_cds_bond__cds_quotes_screened',
    date_column='quote_date'
) }}
-- CDS quotes of the published return sample with the credit quintile of their ticker and month.
-- Grain: one row per ticker, tenor_code and quote_date.
-- Sample: US names, dollars, senior, no restructuring, three contributors, spread up to 50 %.
-- Clause: that of the 2014 definitions; on days when nobody is quoted under them, as before September 2014,
-- the same clause of 2003, which is the contract continued.
-- Quintile: of the first five-year spread of the month, 1 for the lowest spreads; the cut points are quotes
-- themselves (nearest rank). Names without a five-year quote in the month are left out.
-- Tie-break: of several rows of one contract and day the first of the file.

{% set tenor_codes = ['3Y', '5Y', '7Y', '10Y'] %}
{% set cut_points = [0.2, 0.4, 0.6, 0.8] %}
{% set clause = var('cds_return_doc_clause') %}

with

delivered as (

    select * from {{ ref('int_cds_bond__columns_delivered') }}

),

clause_days as (

    select distinct quotes.quote_date
    from {{ ref('int_cds_bond__cds_quotes_screened') }} as quotes
    where {{ is_code('quotes.doc_clause', clause) }} and {{ in_year('quotes.quote_date') }}

),

quotes as (

    select
        staged.source_row_number,
        staged.ticker,
        staged.tenor_as_delivered as tenor_code,
        staged.quote_date,
        last_day(staged.quote_date) as month_end_date,
        staged.country,
        staged.par_spread_dec,
        delivered.has_country
    from {{ ref('int_cds_bond__cds_quotes_screened') }} as staged
    cross join delivered
    where
        (not delivered.has_currency or {{ is_code('staged.currency', var('cds_currency')) }})
        and (not delivered.has_tier or {{ is_code('staged.tier', var('cds_tier')) }})
        and (
            not delivered.has_doc_clause
            or {{ is_code('staged.doc_clause', clause) }}
            or (
                {{ is_code('staged.doc_clause', clause.removesuffix('14')) }}
                and staged.quote_date not in (select clause_days.quote_date from clause_days)
            )
        )
        and (
            not delivered.has_contributor_count
            or staged.contributor_count >= {{ var('cds_return_min_contributor_count') }}
        )
        and staged.tenor_as_delivered in ('{{ tenor_codes | join("', '") }}') -- noqa: LT05
        and staged.ticker is not null
        and {{ in_year('staged.quote_date') }}

),

-- Months in which a day stands twice: more rows than bits of days. Only their rows are sorted.
repeated_months as (

    select
        ticker,
        tenor_code,
        month_end_date
    from quotes
    group by ticker, tenor_code, month_end_date
    having count(*) > bit_count(bit_or(1 << day(quote_date)))

),

repeated_rows as (

    select quotes.source_row_number
    from quotes
    inner join repeated_months
        on
            quotes.ticker = repeated_months.ticker
            and quotes.tenor_code = repeated_months.tenor_code
            and quotes.month_end_date = repeated_months.month_end_date
    qualify
        row_number() over (
            partition by quotes.ticker, quotes.tenor_code, quotes.quote_date
            order by quotes.source_row_number
        ) > 1

),

usable as (

    select
        quotes.ticker,
        quotes.tenor_code,
        quotes.quote_date,
        quotes.month_end_date,
        quotes.par_spread_dec
    from quotes
    left join repeated_rows on quotes.source_row_number = repeated_rows.source_row_number
    where
        repeated_rows.source_row_number is null
        and quotes.par_spread_dec <= {{ var('cds_return_max_par_spread_dec') }}
        and (not quotes.has_country or {{ is_code('quotes.country', var('cds_country')) }})

),

first_spreads as (

    select
        ticker,
        month_end_date,
        arg_min(par_spread_dec, quote_date) as par_spread_dec
    from usable
    where tenor_code = '5Y'
    group by ticker, month_end_date

),

-- A list of a month's names is short.
sorted_spreads as (

    select
        month_end_date,
        list(par_spread_dec order by par_spread_dec, ticker) as spreads
    from first_spreads
    group by month_end_date

),

quintiles as (

    select
        first_spreads.ticker,
        first_spreads.month_end_date,
        case
            {% for point in cut_points -%}
                when
                    first_spreads.par_spread_dec
                    <= sorted.spreads[round((len(sorted.spreads) - 1) * {{ point }})::integer + 1]
                    then {{ loop.index }}
            {% endfor -%}
            else 5
        end as quintile_number
    from first_spreads
    inner join sorted_spreads as sorted on first_spreads.month_end_date = sorted.month_end_date

),

final as (

    select
        usable.ticker,
        usable.tenor_code,
        usable.quote_date,
        usable.month_end_date,
        quintiles.quintile_number,
        tenors.tenor_years,
        usable.par_spread_dec
    from usable
    inner join {{ ref('cds_tenors') }} as tenors on usable.tenor_code = tenors.tenor_code
    inner join quintiles
        on usable.ticker = quintiles.ticker and usable.month_end_date = quintiles.month_end_date

)

select * from final
