{% macro stack_replicas(stack) -%}
    {%- set models = replica_models(stack) if replica_models is defined else {} %}
    {%- for method, model in models.items() %}
        {%- set relation = ref(model) %}
        {%- if execute and load_relation(relation) is not none %}
    union all by name
    select '{{ method }}' as method, * from {{ relation }}
        {%- endif %}
    {%- endfor %}
{%- endmacro %}
