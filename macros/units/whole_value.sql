{% macro whole_value(column) -%}
    {#- A delivered whole number as integer; 33.5, which a cast would round, is null. -#}
    if(
        try_cast({{ column }} as double) = try_cast(try_cast({{ column }} as double) as integer),
        try_cast(try_cast({{ column }} as double) as integer),
        null
    )
{%- endmacro %}
