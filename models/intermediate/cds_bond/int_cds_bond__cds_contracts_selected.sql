-- CDS quotes of the return sample with the credit quintile of their entity and month.
-- Grain: one row per red_code, tenor_code and quote_date.
-- Sample: the cleaned curves of the basis, three contributors; quotes of an entity end with its default.
-- Returns and quintiles of a month take the days of its preferred document clause by cds_doc_clauses.
-- Quintile: of the first five-year spread of the month, 1 for the lowest spreads; the cut points are quotes
-- themselves (nearest rank). Entities without a five-year quote in the month are left out.

{% set tenor_codes = ['3Y', '5Y', '7Y', '10Y'] %}
{% set cut_points = [0.2, 0.4, 0.6, 0.8] %}

with

curves as (

    select
        cleaned.red_code,
        cleaned.ticker,
        cleaned.quote_date,
        last_day(cleaned.quote_date) as month_end_date,
        -- XR14 is XR continued.
        coalesce(replace(cleaned.doc_clause, '14', ''), '') as clause_family,
        cleaned.doc_clause,
        clauses.preference_number,
        cleaned.par_spread_5y_dec,
        [
            {% for tenor in tenor_codes -%}
                {
                    'tenor_code': '{{ tenor }}',
                    'par_spread_dec': cleaned.par_spread_{{ tenor | lower }}_dec
                }{{ ',' if not loop.last }}
            {% endfor %}
        ] as quotes
    from {{ ref('int_cds_bond__cds_curves_cleaned') }} as cleaned
    left join {{ ref('cds_doc_clauses') }} as clauses on cleaned.doc_clause = clauses.doc_clause
    cross join {{ ref('int_cds_bond__columns_delivered') }} as delivered
    left join {{ ref('int_cds_bond__defaults_dated') }} as defaults on cleaned.red_code = defaults.red_code
    where
        (
            not delivered.has_contributor_count
            or cleaned.contributor_count >= {{ var('cds_return_min_contributor_count') }}
        )
        and coalesce(cleaned.quote_date < defaults.event_date, true)

),

preferred as (

    select
        curves.* exclude (curves.preference_number, curves.doc_clause),
        curves.clause_family = first_value(curves.clause_family) over clauses as is_preferred_clause,
        min(curves.quote_date) over months as first_date,
        max(curves.quote_date) over months as last_date
    from curves
    window
        months as (partition by curves.red_code, curves.month_end_date),
        clauses as (
            partition by curves.red_code, curves.month_end_date
            order by curves.preference_number asc nulls last, curves.doc_clause asc nulls last
        )

),

compared as (

    select
        preferred.* exclude (preferred.first_date, preferred.last_date),
        greatest(
            date_diff('day', preferred.first_date, min(preferred.quote_date) over clause_month),
            date_diff('day', max(preferred.quote_date) over clause_month, preferred.last_date)
        ) > {{ var('max_quote_gap_days') }} as is_clause_changed
    from preferred
    window
        clause_month as (
            partition by preferred.red_code, preferred.month_end_date, preferred.clause_family
        )

),

first_spreads as (

    select
        red_code,
        month_end_date,
        arg_min(par_spread_5y_dec, quote_date) as par_spread_dec
    from compared
    where par_spread_5y_dec is not null and is_preferred_clause
    group by red_code, month_end_date

),

-- A list of a month's entities is short.
sorted_spreads as (

    select
        month_end_date,
        list(par_spread_dec order by par_spread_dec, red_code) as spreads
    from first_spreads
    group by month_end_date

),

quintiles as (

    select
        first_spreads.red_code,
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

unfolded as (

    select
        red_code,
        ticker,
        quote_date,
        month_end_date,
        clause_family,
        is_preferred_clause,
        is_clause_changed,
        unnest(quotes) as quote
    from compared

),

final as (

    select
        unfolded.red_code,
        unfolded.ticker,
        unfolded.quote.tenor_code,
        unfolded.quote_date,
        unfolded.month_end_date,
        unfolded.clause_family,
        unfolded.is_preferred_clause,
        unfolded.is_clause_changed,
        quintiles.quintile_number,
        tenors.tenor_years,
        unfolded.quote.par_spread_dec
    from unfolded
    inner join {{ ref('cds_tenors') }} as tenors on unfolded.quote.tenor_code = tenors.tenor_code
    inner join quintiles
        on unfolded.red_code = quintiles.red_code and unfolded.month_end_date = quintiles.month_end_date
    where unfolded.quote.par_spread_dec is not null

)

select * from final
