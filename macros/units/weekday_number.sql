{% macro weekday_number(day) -%}
    {#- Weekdays since Monday 1970-01-05, so that a difference counts the weekdays between two dates. -#}
    (
        5 * floor(date_diff('day', date '1970-01-05', {{ day }}) / 7.0)
        + least(isodow({{ day }}) - 1, 5)
    )::integer
{%- endmacro %}
