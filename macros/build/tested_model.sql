{% macro tested_model() %}
    {#- The name and the grain of the model that a data test is of, from the project itself; nothing at parsing. -#}
    {% set node = graph.nodes[model.attached_node] if execute else {'config': {'meta': {'grain': []}}} %}
    {{ return({'name': node.name, 'grain': node.config.meta.grain}) }}
{% endmacro %}
