{% macro liquid_cds_tenor_codes() %}
    {{ return(['1Y', '3Y', '5Y', '7Y', '10Y']) }}
{% endmacro %}
