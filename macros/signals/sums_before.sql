{% macro sums_before(name, value, sessions) -%}
    {%- set where = 'history.sessions_ago < coalesce(' ~ sessions ~ ', 1)' -%}
    count({{ value }}) filter (where {{ where }}) as {{ name }}_count,
    coalesce({{ exact_sum(value, 'dec', where=where) }}, 0) as {{ name }}_sum,
    coalesce({{ exact_sum('(' ~ value ~ ') ^ 2', 'dec', where=where) }}, 0) as {{ name }}_square
{%- endmacro %}
