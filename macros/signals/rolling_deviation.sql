{% macro rolling_deviation(value, anchor, over, min_count) -%}
    case
        when
            count({{ value }}) over {{ over }} >= greatest({{ min_count }}, 2)
            and min({{ value }}) over {{ over }} < max({{ value }}) over {{ over }}
            then stddev_samp({{ value }} - {{ anchor }}) over {{ over }}
    end
{%- endmacro %}
