{% macro is_hundredfold(ratio) -%}
    ({{ ratio }} / 100 between 0.999 and 1.001 or {{ ratio }} / 10000 between 0.999 and 1.001
    or {{ ratio }} * 100 between 0.999 and 1.001)
{%- endmacro %}
