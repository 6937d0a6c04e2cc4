{% macro flag_value(column) -%}
    {#- Yes, no, or null where neither was delivered. -#}
    {%- set text = 'upper(trim(' ~ column ~ '::varchar))' -%}
    case
        when list_contains(['Y', 'YES', 'T', 'TRUE', '1', '1.0'], {{ text }}) then true
        when list_contains(['N', 'NO', 'F', 'FALSE', '0', '0.0'], {{ text }}) then false
    end
{%- endmacro %}
