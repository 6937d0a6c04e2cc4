{% macro code_value(column) -%}
    {%- set code = 'upper(trim(' ~ column ~ '::varchar))' -%}
    if(list_contains(['', '<NA>', 'NAN', 'NONE', 'NULL'], {{ code }}), null, {{ code }})
{%- endmacro %}
