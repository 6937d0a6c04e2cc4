{% macro days_either_side(days) -%}
    unnest(range(-{{ days }}, {{ days }} + 1))::integer
{%- endmacro %}
