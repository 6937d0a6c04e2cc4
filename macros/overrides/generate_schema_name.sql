{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- Readers type cdx_overlay.fct_backtest_days, so the schema gets no prefix. -#}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
