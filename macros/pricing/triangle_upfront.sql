{% macro triangle_upfront(spread_bps, coupon_bps, years, rate, recovery_share) -%}
    {#- Clean upfront that the buyer pays per 100 of notional: (spread - coupon) times risky annuity. -#}
    ({{ spread_bps }} - {{ coupon_bps }}) / 100
    * ({{ triangle_rpv01(spread_bps, years, rate, recovery_share) }})
{%- endmacro %}
