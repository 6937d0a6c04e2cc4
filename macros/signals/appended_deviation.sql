{% macro appended_deviation(of, value) -%}
    if({{ of }}_count + 1 >= greatest({{ of }}_min, 2), sqrt(nullif(greatest(
        ({{ of }}_square + {{ value }} * {{ value }} - ({{ of }}_sum + {{ value }}) ^ 2 / ({{ of }}_count + 1))
        / {{ of }}_count, 0
    ), 0)), null)
{%- endmacro %}
