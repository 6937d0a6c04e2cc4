{% macro median_of_earlier(column, over) -%}
    {#- Median of a column over a window of earlier rows; null below min_earlier_count values. -#}
    if(count({{ column }}) over {{ over }} >= {{ var('min_earlier_count') }}, median({{ column }}) over {{ over }}, null)
{%- endmacro %}
