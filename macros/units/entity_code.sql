{% macro entity_code(code) -%}
    {#- The six characters of a reference entity; a RED code of nine names an obligation behind them. -#}
    if(length({{ code }}) = 9, left({{ code }}, 6), {{ code }})
{%- endmacro %}
