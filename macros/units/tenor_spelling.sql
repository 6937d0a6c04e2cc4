{% macro tenor_spelling(code) -%}
    {#- Only codes that the catalog does not have are parsed; what is no tenor stays as it is. Not `in`, of which the
        engine makes a join: it would read every code of a market instead of each distinct one. -#}
    {%- set known = "['" ~ cds_tenor_codes() | join("', '") ~ "']" -%}
    {%- set number = "regexp_extract(" ~ code ~ ", '[0-9.]+')::double" -%}
    {%- set months = 'round(if(contains(' ~ code ~ ", 'Y'), 12, 1) * " ~ number ~ ')' -%}
    case
        when list_contains({{ known }}, {{ code }}) then {{ code }}
        when list_contains({{ known }}, {{ code }} || 'Y') then {{ code }} || 'Y'
        when not regexp_full_match({{ code }}, 'P?[0-9]{1,3}([.][0-9]+)? ?(Y|YR|YRS|YEARS?|M|MO|MOS|MTHS?|MONTHS?)')
            then {{ code }}
        when {{ months }} % 12 = 0 then ({{ months }} / 12)::integer::varchar || 'Y'
        else ({{ months }})::integer::varchar || 'M'
    end
{%- endmacro %}
