{% macro is_code(column, code) -%}
    {#- True when a delivered text equals `code`, ignoring case and padding; never null.
        Cheaper than code_value, which is too slow for every CDS quote of the market. -#}
    coalesce(upper(trim({{ column }})) = upper(trim('{{ code }}')), false)
{%- endmacro %}
