-- Every delivered Treasury curve with the first reason against using it.
-- Grain: one row per source_row_number.
-- Parameters and published zero yields of a day say the same, so a value in another unit shows in its row.

with

curves as (

    select * from {{ ref('stg_fed__yield_curve_params') }}

),

evaluated as (

    select
        curves.*,
        {{ svensson_zero_yield('10.0') }} as fitted_yield_10y_dec,
        greatest(
            {% for year in range(1, 31) -%}
                abs(zero_yield_{{ year }}y_dec - ({{ svensson_zero_yield('%d.0' % year) }}))
                {{- ',' if not loop.last }}
            {% endfor -%}
        ) as largest_difference_dec
    from curves

),

final as (

    select
        evaluated.source_row_number,
        evaluated.curve_date,
        case
            when {{ date_unusable('evaluated.curve_date') }} then 'date_missing_or_unreadable'
            when evaluated.fitted_yield_10y_dec is null then 'no_curve_that_day'
            when abs(evaluated.fitted_yield_10y_dec) > {{ var('max_treasury_yield_dec') }}
                then 'yield_outside_plausible_range'
            when evaluated.largest_difference_dec > {{ var('max_curve_fit_difference_dec') }}
                then 'yields_contradict_parameters'
        end as reject_reason,
        evaluated.raw_row_json
    from evaluated

)

select * from final
