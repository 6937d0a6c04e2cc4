{% macro raw_row(columns) -%}
    {#- The delivered row as JSON text, for fct_rejected_rows: vendor columns, or a mapping of them to where they are. -#}
    to_json(struct_pack(
        {%- for column in columns %} "{{ column }}" := {{ columns[column] if columns is mapping else '"' ~ column ~ '"' }}::varchar{{ ',' if not loop.last }}{% endfor %}
    ))::varchar
{%- endmacro %}
