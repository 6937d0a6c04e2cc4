{% macro median_of_earlier(column, over) -%}
    if(count({{ column }}) over {{ over }} >= {{ var('min_earlier_count') }}, median({{ column }}) over {{ over }}, null)
{%- endmacro %}
