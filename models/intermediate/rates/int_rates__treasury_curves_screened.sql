-- Every delivered Treasury curve with the first reason against using it.
-- Grain: one row per source_row_number.
-- Tie-break: of equal lines of one date the first of the file is kept; lines that differ are all rejected.
-- Parameters and published zero yields of a day say the same, so a value in another unit shows in its row.

{% set compared = ['beta0_dec', 'beta1_dec', 'beta2_dec', 'beta3_dec', 'tau1_years', 'tau2_years'] %}
{% for year in range(1, 31) %}{% do compared.append('zero_yield_%dy_dec' % year) %}{% endfor %}

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

examined as (

    select
        evaluated.*,
        case
            when {{ date_unusable('evaluated.curve_date') }} then 'date_missing_or_unreadable'
            when evaluated.fitted_yield_10y_dec is null then 'no_curve_that_day'
            when abs(evaluated.fitted_yield_10y_dec) > {{ var('max_treasury_yield_dec') }}
                then 'yield_outside_plausible_range'
            when evaluated.largest_difference_dec > {{ var('max_curve_fit_difference_dec') }}
                then 'yields_contradict_parameters'
            else evaluated.row_fault
        end as own_reason
    from evaluated

),

final as (

    select
        examined.source_row_number,
        examined.curve_date,
        {{ first_fault(compared) }} as reject_reason,
        examined.raw_row_json
    from examined
    window {{ key_windows(['curve_date']) }}

)

select * from final
