{% macro exact_mean(value, unit) -%}
    {{ exact_sum(value, unit) }} / nullif(count({{ value }}), 0)
{%- endmacro %}
