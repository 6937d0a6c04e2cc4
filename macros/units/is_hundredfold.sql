{% macro is_hundredfold(ratio) -%}
    {#- True when the ratio of two amounts is 100, 10,000 or 1/100 within a thousandth: only the unit differs. -#}
    ({{ ratio }} / 100 between 0.999 and 1.001 or {{ ratio }} / 10000 between 0.999 and 1.001
    or {{ ratio }} * 100 between 0.999 and 1.001)
{%- endmacro %}
