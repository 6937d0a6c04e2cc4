{% macro in_another_unit(value, reference, ratio=none) -%}
    {#- True when `value` is more than `ratio` times `reference`, or less than 1 / `ratio` of it: the unit differs,
        not the level. Null without a reference. -#}
    {%- set limit = ratio or var('other_unit_ratio') -%}
    {{ value }} not between ({{ reference }}) / {{ limit }} and ({{ reference }}) * {{ limit }}
{%- endmacro %}
