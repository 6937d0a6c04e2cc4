{% macro raw_row(columns, dates=[]) -%}
    {#- The delivered row as JSON text, for fct_rejected_rows; dates and times as they were written. -#}
    to_json(struct_pack(
        {%- for column in columns %}
            {%- set shown = column ~ ' as delivered' if column in dates else column %} "{{ column }}" := "{{ shown }}"::varchar{{ ',' if not loop.last }}
        {%- endfor %}
    ))::varchar
{%- endmacro %}
