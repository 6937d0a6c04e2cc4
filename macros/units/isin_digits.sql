{% macro isin_digits(code) -%}
    {#- The first eleven characters of an ISIN as 22 digits from the end: a letter is two, A 10 and Z 35. -#}
    rpad(reverse(
        {%- for position in range(1, 12) -%}
            (strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', substr({{ code }}, {{ position }}, 1)) - 1)::varchar{{ ' || ' if not loop.last }}
        {%- endfor -%}
    ), 22, '0')
{%- endmacro %}
