{% macro cds_tenor_codes() %}
    {{ return(['6M', '1Y', '2Y', '3Y', '4Y', '5Y', '7Y', '10Y', '15Y', '20Y', '30Y']) }}
{% endmacro %}
