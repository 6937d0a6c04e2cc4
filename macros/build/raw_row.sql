{% macro raw_row(columns, dates=[]) -%}
    to_json(struct_pack(
        {%- for column in columns %}
            {%- set shown = columns[column] if columns is mapping
                else '"' ~ column ~ (' as delivered' if column in dates) ~ '"' %} "{{ column }}" := {{ shown }}::varchar{{ ',' if not loop.last }}
        {%- endfor %}
    ))::varchar
{%- endmacro %}
