{% macro days_off_schedule(day, maturity, frequency) -%}
    {#- Distance from the nearest coupon date counted back from maturity. -#}
    abs(date_diff('day', {{ day }}, ({{ maturity }} - to_months(
        (12 / {{ frequency }} * round(
            date_diff('month', {{ day }}, {{ maturity }}) * {{ frequency }} / 12
        ))::integer
    ))::date))
{%- endmacro %}
