-- The CDS curve of each bond-month's own day, with the notebook's choices of interpolation.
-- Grain: one row per source_row_number and red_code.
-- Drops: bonds without a code; alignment_status says why the others have no curve.

with

mapped as (

    select
        mapped.source_row_number,
        mapped.red_code,
        mapped.red_first_row_number,
        bonds.month_end_date,
        bonds.maturity_date
    from {{ ref('int_ftsfr_notebook__bonds_mapped_to_red') }} as mapped
    inner join {{ ref('int_ftsfr_notebook__bonds_screened') }} as bonds
        on mapped.source_row_number = bonds.source_row_number
    where mapped.red_code_status = 'ok'

),

curves as (

    select * from {{ ref('int_ftsfr_notebook__cds_curves_cleaned') }}

),

quote_dates as (

    select distinct quote_date from curves

),

final as (

    select
        mapped.source_row_number,
        mapped.red_code,
        mapped.red_first_row_number,
        curves.quote_date,
        curves.tenor_count,
        curves.has_duplicate_tenor,
        date_diff('day', mapped.month_end_date, mapped.maturity_date) as maturity_days,
        'not_a_knot' as spline_end,
        'allow' as extrapolation,
        {% for tenor in liquid_cds_tenor_codes() -%}
            curves.par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        case
            when curves.tenor_count >= 2 then 'ok'
            when curves.tenor_count is not null then 'fewer_than_two_tenors'
            when quote_dates.quote_date is null then 'not_a_cds_quote_date'
            else 'name_not_quoted'
        end as alignment_status
    from mapped
    left join curves
        on mapped.red_code = curves.red_code and mapped.month_end_date = curves.quote_date
    left join quote_dates on mapped.month_end_date = quote_dates.quote_date

)

select * from final
