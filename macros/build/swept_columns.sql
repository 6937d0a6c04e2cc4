{% macro swept_columns(seed) %}
    {%- set rules = [] -%}
    {%- for column in (graph.nodes['seed.parspread.' ~ seed].columns.values() if execute else []) -%}
        {%- set meta = column.config.meta -%}
        {%- if meta.get('is_swept', true) -%}
            {%- set words = [] if meta.get('is_required') else meta.get('words', []) -%}
            {%- do rules.append({
                'name': column.name,
                'data_type': column.data_type,
                'default': "'" ~ words[0] ~ "'" if words else meta.get('default')
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(rules) }}
{% endmacro %}
