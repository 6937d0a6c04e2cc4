{% macro whole_cusip(code) -%}
    {#- A CUSIP of nine characters: the check digit is computed where eight were delivered. -#}
    {%- set characters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#' -%}
    case
        when not regexp_full_match({{ code }}, '[0-9A-Z*@#]{8}') then {{ code }}
        else
            {{ code }} || ((10 - (
                {%- for position in range(1, 9) %}
                    {%- set value = '(' ~ (2 - position % 2) ~ " * (strpos('" ~ characters ~ "', substr(" ~ code
                        ~ ', ' ~ position ~ ', 1)) - 1))' %}
                ({{ value }} // 10 + {{ value }} % 10){{ ' +' if not loop.last }}
                {%- endfor %}
            ) % 10) % 10)::varchar
    end
{%- endmacro %}
