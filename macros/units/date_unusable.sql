{% macro date_unusable(day) -%}
    {#- True for a date that is unreadable, infinite, or before 1900, where 24-01-31 ends up. -#}
    ({{ day }} is null or not isfinite({{ day }}) or {{ day }} < date '1900-01-01')
{%- endmacro %}
