{% macro triangle_hazard(spread_bps, recovery_share) -%}
    365 / 360 * {{ spread_bps }} / 10000 / nullif(1 - {{ recovery_share }}, 0)
{%- endmacro %}
