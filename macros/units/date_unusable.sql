{% macro date_unusable(day) -%}
    ({{ day }} is null or not isfinite({{ day }}) or {{ day }} < date '1900-01-01')
{%- endmacro %}
