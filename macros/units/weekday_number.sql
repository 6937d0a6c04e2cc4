{% macro weekday_number(day) -%}
    {#- Weekdays since Monday 1970-01-05; the difference of two counts the weekdays between them. -#}
    (
        5 * floor(date_diff('day', date '1970-01-05', {{ day }}) / 7.0)
        + least(isodow({{ day }}) - 1, 5)
    )::integer
{%- endmacro %}
