{% macro exact_mean(value, unit) -%}
    {#- Mean of the values that are not null, from their exact sum: the same at any order of the rows. -#}
    {{ exact_sum(value, unit) }} / nullif(count({{ value }}), 0)
{%- endmacro %}
