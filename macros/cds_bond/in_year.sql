{% macro in_year(column) -%}
    {#- Condition on a date; table_by_year fills in one year at a time. -#}
    {{ column }} >= date '__first_date__' and {{ column }} < date '__next_date__'
{%- endmacro %}
