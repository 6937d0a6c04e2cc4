{% macro cusip_check_digit(code) -%}
    {#- The check digit of the first eight characters of a CUSIP: every second value doubled, the digits summed. -#}
    {%- set characters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#' -%}
    ((10 - (
        {%- for position in range(1, 9) %}
            {%- set value = '(%d * (strpos(%r, substr(%s, %d, 1)) - 1))' % (2 - position % 2, characters, code, position) %}
        ({{ value }} // 10 + {{ value }} % 10){{ ' +' if not loop.last }}
        {%- endfor %}
    ) % 10) % 10)::varchar
{%- endmacro %}
