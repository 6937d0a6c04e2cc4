{% macro index_discount_rates() -%}
    select
        curves.curve_date,
        min_by(curves.zero_yield_5y_dec, curves.source_row_number) as discount_rate_dec
    from {{ ref('stg_fed__yield_curve_params') }} as curves
    inner join {{ ref('int_rates__treasury_curves_screened') }} as screened
        on curves.source_row_number = screened.source_row_number and screened.reject_reason is null
    where
        '{{ var("index_discount_curve") }}' = 'fed'
        and isfinite(curves.curve_date)
        and isfinite(curves.zero_yield_5y_dec)
    group by curves.curve_date
{%- endmacro %}
