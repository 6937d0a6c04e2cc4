{% macro raw_row(columns) -%}
    {#- The delivered row as JSON text, for fct_rejected_rows. -#}
    to_json(struct_pack(
        {%- for column in columns %} "{{ column }}" := "{{ column }}"::varchar{{ ',' if not loop.last }}{% endfor %}
    ))::varchar
{%- endmacro %}
