{% macro whole_cusip(code) -%}
    {#- A CUSIP of nine characters: the check digit is computed where eight were delivered. -#}
    case
        when not regexp_full_match({{ code }}, '[0-9A-Z*@#]{8}') then {{ code }}
        else {{ code }} || {{ cusip_check_digit(code) }}
    end
{%- endmacro %}
