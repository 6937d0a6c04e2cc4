{% macro triangle_upfront(spread_bps, coupon_bps, years, rate, recovery_share) -%}
    ({{ spread_bps }} - {{ coupon_bps }}) / 100
    * ({{ triangle_rpv01(spread_bps, years, rate, recovery_share) }})
{%- endmacro %}
