{% macro pnl_parts() -%}
    {{ return(['coupon', 'time', 'roll_down', 'spread', 'rates', 'default', 'financing']) }}
{%- endmacro %}
