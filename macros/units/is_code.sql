{% macro is_code(column, code) -%}
    {#- Cheaper than code_value, which is too slow for every CDS quote of the market. -#}
    coalesce(upper(trim({{ column }})) = upper(trim('{{ code }}')), false)
{%- endmacro %}
