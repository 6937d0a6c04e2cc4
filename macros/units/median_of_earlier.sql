{% macro median_of_earlier(column, over) -%}
    {#- Median of a column over a window of earlier rows; null where they are too few to say anything. -#}
    if(count({{ column }}) over {{ over }} >= {{ var('min_earlier_count') }}, median({{ column }}) over {{ over }}, null)
{%- endmacro %}
