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
        coalesce(replace(cleaned.doc_clause, '14', ''), '') as clause_family,  -- XR14 is XR continued
        {% for tenor in tenor_codes -%}
            cleaned.par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        cleaned.doc_clause
    from {{ ref('int_cds_bond__cds_curves_cleaned') }} as cleaned
    cross join {{ ref('int_cds_bond__columns_delivered') }} as delivered
    left join {{ ref('int_cds_bond__defaults_dated') }} as defaults on cleaned.red_code = defaults.red_code
    where
        (
            not delivered.has_contributor_count
            or cleaned.contributor_count >= {{ var('cds_return_min_contributor_count') }}
        )
        and coalesce(cleaned.quote_date < defaults.event_date, true)

),

clause_months as (

    select
        red_code,
        month_end_date,
        clause_family,
        doc_clause,
        min(quote_date) as first_date,
        max(quote_date) as last_date,
        min(if(par_spread_5y_dec is null, null, quote_date)) as first_spread_date,
        arg_min(par_spread_5y_dec, if(par_spread_5y_dec is null, null, quote_date)) as first_spread_dec
    from curves
    group by red_code, month_end_date, clause_family, doc_clause

),

preferred as (

    select
        clause_months.*,
        clause_months.clause_family
        = first_value(clause_months.clause_family) over clauses as is_preferred_clause,
        min(clause_months.first_date) over months as first_of_month_date,
        max(clause_months.last_date) over months as last_of_month_date
    from clause_months
    left join {{ ref('cds_doc_clauses') }} as clauses on clause_months.doc_clause = clauses.doc_clause
    window
        months as (partition by clause_months.red_code, clause_months.month_end_date),
        clauses as (
            partition by clause_months.red_code, clause_months.month_end_date
            order by clauses.preference_number asc nulls last, clause_months.doc_clause asc nulls last
        )

),

families as (

    select
        red_code,
        month_end_date,
        clause_family,
        is_preferred_clause,
        greatest(
            date_diff('day', min(first_of_month_date), min(first_date)),
            date_diff('day', max(last_date), max(last_of_month_date))
        ) > {{ var('max_quote_gap_days') }} as is_clause_changed,
        arg_min(first_spread_dec, first_spread_date) as first_spread_dec
    from preferred
    group by red_code, month_end_date, clause_family, is_preferred_clause

),

first_spreads as (

    select
        red_code,
        month_end_date,
        first_spread_dec as par_spread_dec
    from families
    where is_preferred_clause and first_spread_dec is not null

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
        curves.red_code,
        curves.ticker,
        curves.quote_date,
        curves.month_end_date,
        curves.clause_family,
        families.is_preferred_clause,
        families.is_clause_changed,
        quintiles.quintile_number,
        unnest([
            {% for tenor in tenor_codes -%}
                {
                    'tenor_code': '{{ tenor }}',
                    'par_spread_dec': curves.par_spread_{{ tenor | lower }}_dec
                }{{ ',' if not loop.last }}
            {% endfor %}
        ]) as quote
    from curves
    inner join families
        on
            curves.red_code = families.red_code
            and curves.month_end_date = families.month_end_date
            and curves.clause_family = families.clause_family
    inner join quintiles
        on curves.red_code = quintiles.red_code and curves.month_end_date = quintiles.month_end_date

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
        unfolded.quintile_number,
        tenors.tenor_years,
        unfolded.quote.par_spread_dec
    from unfolded
    inner join {{ ref('cds_tenors') }} as tenors on unfolded.quote.tenor_code = tenors.tenor_code
    where unfolded.quote.par_spread_dec is not null

)

select * from final
