{% macro luhn_check_digit(digits) -%}
    {#- The check digit of 22 digits from the end: every second one doubled, and its digits summed. -#}
    ((10 - (
        {%- for position in range(1, 23) -%}
            strpos('{{ '0516273849' if position % 2 else '0123456789' }}', substr({{ digits }}, {{ position }}, 1)) - 1{{ ' + ' if not loop.last }}
        {%- endfor -%}
    ) % 10) % 10)::varchar
{%- endmacro %}
