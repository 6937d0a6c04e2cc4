{% macro raw_row(columns, dates=[]) -%}
    {#- The delivered row as JSON text, for fct_rejected_rows: vendor columns, or a mapping of them to where they are;
        dates and times as they were written. -#}
    to_json(struct_pack(
        {%- for column in columns %}
            {%- set shown = columns[column] if columns is mapping
                else '"' ~ column ~ (' as delivered' if column in dates) ~ '"' %} "{{ column }}" := {{ shown }}::varchar{{ ',' if not loop.last }}
        {%- endfor %}
    ))::varchar
{%- endmacro %}
