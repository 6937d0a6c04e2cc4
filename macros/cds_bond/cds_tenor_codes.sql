{% macro cds_tenor_codes() %}
    {#- Tenors that have a column in a wide CDS curve; the catalog cds_tenors says which ones a method uses. -#}
    {{ return(['6M', '1Y', '2Y', '3Y', '4Y', '5Y', '7Y', '10Y', '15Y', '20Y', '30Y']) }}
{% endmacro %}
