{% macro tenor_spelling(code) -%}
    {#- Only the few codes that may need it are parsed; all others, tenors or not, stay as they are. -#}
    {%- set months -%}
        round(if(right({{ code }}, 1) = 'Y', 12, 1) * try_cast(left({{ code }}, length({{ code }}) - 1) as double))
    {%- endset -%}
    case
        when
            not contains({{ code }}, '.')
            and not (right({{ code }}, 1) = 'M' and {{ code }} not in ('1M', '3M', '6M', '9M'))
            then {{ code }}
        when right({{ code }}, 1) not in ('M', 'Y') or {{ months }} is null then {{ code }}
        when {{ months }} % 12 = 0 then ({{ months }} / 12)::integer::varchar || 'Y'
        else ({{ months }})::integer::varchar || 'M'
    end
{%- endmacro %}
