{% macro basis_measures() %}
    {#- Measures of the floating spread. -#}
    {{ return([
        'yield_spread', 'z_surrogate', 'z_spread', 'z_spread_semi_annual', 'asset_swap',
        'bond_implied_cds_r40', 'bond_implied_cds_r20',
    ]) }}
{% endmacro %}
