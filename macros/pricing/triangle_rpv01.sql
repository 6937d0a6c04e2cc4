{% macro triangle_rpv01(spread_bps, years, rate, recovery_share) -%}
    {%- set decay -%} ({{ rate }} + {{ triangle_hazard(spread_bps, recovery_share) }}) {%- endset -%}
    365 / 360 * if(
        abs({{ decay }} * {{ years }}) < 0.000001,
        {{ years }} * (1 - {{ decay }} * {{ years }} / 2),
        (1 - exp(-{{ decay }} * {{ years }})) / {{ decay }}
    )
{%- endmacro %}
