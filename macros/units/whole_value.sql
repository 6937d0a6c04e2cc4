{% macro whole_value(column) -%}
    if(
        try_cast({{ column }} as double) = try_cast(try_cast({{ column }} as double) as integer),
        try_cast(try_cast({{ column }} as double) as integer),
        null
    )
{%- endmacro %}
