{% macro is_code(column, code) -%}
    {#- True when a delivered text is `code`, whatever case and padding either has; never null.
        A market's quotes are too many to clean with code_value for a comparison. -#}
    coalesce(upper(trim({{ column }})) = upper(trim('{{ code }}')), false)
{%- endmacro %}
