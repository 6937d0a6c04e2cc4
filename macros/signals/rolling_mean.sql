{% macro rolling_mean(value, anchor, over, min_count) -%}
    case
        when count({{ value }}) over {{ over }} >= {{ min_count }}
            then {{ anchor }} + avg({{ value }} - {{ anchor }}) over {{ over }}
    end
{%- endmacro %}
