{% macro sessions_back(session_count) -%}
    {{ return(adapter.dispatch('sessions_back')(session_count)) }}
{%- endmacro %}

{% macro default__sessions_back(session_count) -%}
    rows between coalesce({{ session_count }}, 1) - 1 preceding and current row
{%- endmacro %}
