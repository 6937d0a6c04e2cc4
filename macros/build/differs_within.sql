{% macro differs_within(window_name, columns) -%}
    min(hash({{ columns | join(', ') }})) over {{ window_name }}
    <> max(hash({{ columns | join(', ') }})) over {{ window_name }}
{%- endmacro %}
