{% macro in_another_unit(value, reference, ratio=none) -%}
    {#- True when `value` is more than `ratio` times `reference`, or less than that part of it: another unit
        rather than another level. Null without a reference. -#}
    {%- set limit = ratio or var('other_unit_ratio') -%}
    {{ value }} not between ({{ reference }}) / {{ limit }} and ({{ reference }}) * {{ limit }}
{%- endmacro %}
