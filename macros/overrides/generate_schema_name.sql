{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- Readers type cdx_overlay.fct_backtest_days, so the schema is what the folder says, without a prefix. -#}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
