{% macro measure_treasury_column(measure) -%}
    {#- Treasury yield behind the implied risk-free rate of a measure: that of the matched issue, or that of the
        curve at the bond's maturity. -#}
    {{ 'treasury_yield_dec' if measure in ['yield_spread', 'z_surrogate'] else 'curve_treasury_yield_dec' }}
{%- endmacro %}
