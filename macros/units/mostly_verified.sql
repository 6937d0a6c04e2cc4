{% macro mostly_verified(code, check_digit, over='') -%}
    {#- True when 19 of 20 codes of a file end in their check digit: then one that does not is a mistake. Codes of
        research files are often made up, and nothing can be said of theirs. -#}
    (20 * count(*) filter (where right({{ code }}, 1) = {{ check_digit }}) {{ over }} >= 19 * count({{ code }}) {{ over }})
{%- endmacro %}
