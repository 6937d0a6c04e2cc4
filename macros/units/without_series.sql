{% macro without_series(name) -%}
    {#- CDX.NA.IG.41, CDX.NA.IG.S41 and CDX.NA.IG.41.V2 are CDX.NA.IG, whose series the number is. -#}
    regexp_replace({{ name }}, '[._ -]S?[0-9]{1,3}([._ -]?V[0-9]+)?$', '')
{%- endmacro %}
