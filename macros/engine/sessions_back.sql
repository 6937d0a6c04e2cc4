{% macro sessions_back(session_count) -%}
    {#- Frame of the current row and the ones before it, `session_count` rows in all. The count may be a column,
        so one window serves every row of a catalog. Null counts as 1. -#}
    {{ return(adapter.dispatch('sessions_back')(session_count)) }}
{%- endmacro %}

{% macro default__sessions_back(session_count) -%}
    rows between coalesce({{ session_count }}, 1) - 1 preceding and current row
{%- endmacro %}
