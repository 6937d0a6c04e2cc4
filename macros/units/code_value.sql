{% macro code_value(column) -%}
    {%- set ns = namespace(code='upper(trim(' ~ column ~ '::varchar))') -%}
    {%- for text in ['', '<NA>', 'NAN', 'NONE', 'NULL'] -%}
        {%- set ns.code = 'nullif(' ~ ns.code ~ ", '" ~ text ~ "')" -%}
    {%- endfor -%}
    {{ ns.code }}
{%- endmacro %}
