{% macro in_year(column) -%}
    {{ column }} >= date '__first_date__' and {{ column }} < date '__next_date__'
{%- endmacro %}
