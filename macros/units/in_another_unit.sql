{% macro in_another_unit(value, reference, ratio=none) -%}
    {%- set limit = ratio or var('other_unit_ratio') -%}
    {{ value }} not between ({{ reference }}) / {{ limit }} and ({{ reference }}) * {{ limit }}
{%- endmacro %}
