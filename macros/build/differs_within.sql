{% macro differs_within(window_name, columns) -%}
    {#- True when the rows of a window do not all have the same values in `columns`. -#}
    min(hash({{ columns | join(', ') }})) over {{ window_name }}
    <> max(hash({{ columns | join(', ') }})) over {{ window_name }}
{%- endmacro %}
