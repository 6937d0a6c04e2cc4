{% macro stack_replicas(stack) -%}
    {#- Rows of the replicas under those of the desk's own method, one `union all by name` per replica; each is
        labelled with its name in column method. Follows a select that starts with 'standard' as method. A
        replica that was not built is left out, and without the replicas' wing nothing is added. -#}
    {%- set models = replica_models(stack) if replica_models is defined else {} %}
    {%- for method, model in models.items() %}
        {%- set relation = ref(model) %}
        {%- if execute and load_relation(relation) is not none %}
    union all by name
    select '{{ method }}' as method, * from {{ relation }}
        {%- endif %}
    {%- endfor %}
{%- endmacro %}
