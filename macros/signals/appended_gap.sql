{% macro appended_gap(of, value) -%}
    ({{ value }} - ({{ of }}_sum + {{ value }}) / ({{ of }}_count + 1))
{%- endmacro %}
