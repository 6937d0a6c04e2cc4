{% macro raw_row(columns) -%}
    {#- The row as delivered, as JSON text: what fct_rejected_rows shows. -#}
    to_json(struct_pack(
        {%- for column in columns %} "{{ column }}" := "{{ column }}"::varchar{{ ',' if not loop.last }}{% endfor %}
    ))::varchar
{%- endmacro %}
