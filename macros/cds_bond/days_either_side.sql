{% macro days_either_side(days) -%}
    {#- One row per day from `days` before to `days` after; added to a date it turns a range join into an
        equality join. -#}
    unnest(range(-{{ days }}, {{ days }} + 1))::integer
{%- endmacro %}
