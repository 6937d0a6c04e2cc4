{% macro flag_value(column) -%}
    {#- Yes, no, or null where neither was delivered. -#}
    case
        when upper(trim({{ column }}::varchar)) in ('Y', 'YES', 'T', 'TRUE', '1', '1.0') then true
        when upper(trim({{ column }}::varchar)) in ('N', 'NO', 'F', 'FALSE', '0', '0.0') then false
    end
{%- endmacro %}
