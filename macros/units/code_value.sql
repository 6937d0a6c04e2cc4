{% macro code_value(column) -%}
    {#- A delivered code without padding, in upper case; blanks and the texts that stand for "missing" are null. -#}
    {%- set ns = namespace(code='upper(trim(' ~ column ~ '::varchar))') -%}
    {%- for text in ['', '<NA>', 'NAN', 'NONE', 'NULL'] -%}
        {%- set ns.code = 'nullif(' ~ ns.code ~ ", '" ~ text ~ "')" -%}
    {%- endfor -%}
    {{ ns.code }}
{%- endmacro %}
