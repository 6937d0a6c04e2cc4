{% macro share_value(column) -%}
    {#- A delivered share between 0 and 1; above 1 it is in percent, 40 or 40% for 0.4. Plain shares come first,
        because CDS quotes are many. -#}
    {%- set value = number_value(column, may_be_percent=true) -%}
    case
        when try_cast({{ column }} as double) between 0 and 1 then try_cast({{ column }} as double)
        when {{ value }} > 1 and {{ value }} <= 100 then {{ value }} / 100
        else {{ value }}
    end
{%- endmacro %}
