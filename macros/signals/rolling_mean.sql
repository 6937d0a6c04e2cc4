{% macro rolling_mean(value, anchor, over, min_count) -%}
    {#- Mean of `value` over the named window; null below `min_count` values.
        Summing distances from `anchor`, a constant of the series, keeps the digits of a series with a large mean. -#}
    case
        when count({{ value }}) over {{ over }} >= {{ min_count }}
            then {{ anchor }} + avg({{ value }} - {{ anchor }}) over {{ over }}
    end
{%- endmacro %}
