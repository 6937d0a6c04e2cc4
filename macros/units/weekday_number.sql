{% macro weekday_number(day) -%}
    (
        5 * floor(date_diff('day', date '1970-01-05', {{ day }}) / 7.0)
        + least(isodow({{ day }}) - 1, 5)
    )::integer
{%- endmacro %}
