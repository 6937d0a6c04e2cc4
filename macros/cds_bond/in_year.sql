{% macro in_year(column) -%}
    {#- Condition that table_by_year fills in with the year at hand. -#}
    {{ column }} >= date '__first_date__' and {{ column }} < date '__next_date__'
{%- endmacro %}
