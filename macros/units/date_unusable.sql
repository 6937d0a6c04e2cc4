{% macro date_unusable(day) -%}
    {#- True for a date that could not be read, is infinite, or lies in the years in which 24-01-31 is read. -#}
    ({{ day }} is null or not isfinite({{ day }}) or {{ day }} < date '1900-01-01')
{%- endmacro %}
