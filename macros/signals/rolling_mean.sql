{% macro rolling_mean(value, anchor, over, min_count) -%}
    {#- Mean of `value` over the named window; null below `min_count` values.
        It sums distances from `anchor`, a constant of the series, so a series with a large mean keeps its digits. -#}
    case
        when count({{ value }}) over {{ over }} >= {{ min_count }}
            then {{ anchor }} + avg({{ value }} - {{ anchor }}) over {{ over }}
    end
{%- endmacro %}
