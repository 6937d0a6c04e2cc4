{% macro tenor_spelling(code) -%}
    {#- Only codes that the catalog does not have are parsed; what is no tenor stays as it is. -#}
    {%- set number = "regexp_extract(" ~ code ~ ", '[0-9.]+')::double" -%}
    {%- set months = 'round(if(contains(' ~ code ~ ", 'Y'), 12, 1) * " ~ number ~ ')' -%}
    case
        when {{ code }} in ('{{ cds_tenor_codes() | join("', '") }}') then {{ code }}
        when {{ code }} || 'Y' in ('{{ cds_tenor_codes() | join("', '") }}') then {{ code }} || 'Y'
        when not regexp_full_match({{ code }}, 'P?[0-9]{1,3}([.][0-9]+)? ?(Y|YR|YRS|YEARS?|M|MO|MOS|MTHS?|MONTHS?)')
            then {{ code }}
        when {{ months }} % 12 = 0 then ({{ months }} / 12)::integer::varchar || 'Y'
        else ({{ months }})::integer::varchar || 'M'
    end
{%- endmacro %}
