{% macro entity_code(code) -%}
    if(length({{ code }}) = 9, left({{ code }}, 6), {{ code }})
{%- endmacro %}
