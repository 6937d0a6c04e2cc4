{% macro rolling_deviation(value, anchor, over, min_count) -%}
    {#- Sample standard deviation (n - 1) of `value` over the named window; null below `min_count` values and
        on a constant window, where dividing by it would give noise. -#}
    case
        when
            count({{ value }}) over {{ over }} >= greatest({{ min_count }}, 2)
            and min({{ value }}) over {{ over }} < max({{ value }}) over {{ over }}
            then stddev_samp({{ value }} - {{ anchor }}) over {{ over }}
    end
{%- endmacro %}
