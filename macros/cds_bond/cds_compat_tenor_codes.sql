{% macro cds_compat_tenor_codes() %}
    {#- Tenors of the replaced codes, in order of time. -#}
    {{ return(['1Y', '3Y', '5Y', '7Y', '10Y']) }}
{% endmacro %}
