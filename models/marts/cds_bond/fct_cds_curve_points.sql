-- CDS curves point by point: the cleaned quotes of the standard method.
-- Grain: one row per red_code, quote_date and tenor_years.
-- Rows are stored by tenor, then year, then name, so that a filter on these reads little.

with

-- The curves are read by name, not through a CTE: the engine copies a CTE that is read more than once.
points as (
    {% for tenor in cds_tenor_codes() %}
        select
            curves.red_code,
            curves.quote_date,
            '{{ tenor }}' as tenor_code,
            curves.ticker,
            curves.doc_clause,
            curves.par_spread_{{ tenor | lower }}_dec as par_spread_dec,
            curves.quotes_{{ tenor | lower }}_count as quote_count
        from {{ ref('int_cds_bond__cds_curves_cleaned') }} as curves
        where curves.par_spread_{{ tenor | lower }}_dec is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        points.red_code,
        points.quote_date,
        tenors.tenor_years,
        points.tenor_code,
        points.ticker,
        points.doc_clause,
        points.par_spread_dec,
        points.quote_count
    from points
    inner join {{ ref('cds_tenors') }} as tenors on points.tenor_code = tenors.tenor_code

)

select * from final
