{% macro basis_measures() %}
    {#- Measures of the floating spread FR: the Treasury yield of the implied rate, and the curve that discounts. -#}
    {% set measures = [
        {'code': 'yield_spread', 'treasury': 'treasury_yield_dec', 'curve': "'matched_treasury'"},
        {'code': 'z_surrogate', 'treasury': 'treasury_yield_dec', 'curve': "'matched_treasury'"},
    ] %}
    {% for code in [
        'z_spread', 'z_spread_semi_annual', 'asset_swap', 'bond_implied_cds_r40', 'bond_implied_cds_r20',
        'bond_implied_cds',
    ] %}
        {% do measures.append({'code': code, 'treasury': 'curve_treasury_yield_dec', 'curve': 'discount_curve'}) %}
    {% endfor %}
    {% for code in ['z_spread_ois', 'asset_swap_ois', 'bond_implied_cds_ois'] %}
        {% do measures.append({'code': code, 'treasury': 'curve_treasury_yield_dec', 'curve': 'ois_curve'}) %}
    {% endfor %}
    {% do measures.append({'code': 'of_record', 'treasury': 'curve_treasury_yield_dec', 'curve': 'record_curve'}) %}
    {{ return(measures) }}
{% endmacro %}
