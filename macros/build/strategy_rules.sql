{% macro strategy_rules() %}
    {#- The columns of the seed strategies that a sweep may vary, as its properties file declares them: name,
        data_type, and the value of an empty field ('default'; none = null). Empty while dbt parses. -#}
    {%- set rules = [] -%}
    {%- for column in (graph.nodes['seed.parspread.strategies'].columns.values() if execute else []) -%}
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
