{% macro published_functions() %}
    {#- None calls another, because DuckDB would look for it in the caller's database. -#}
    {% set terms = ['maturity_years', 'rate_dec', 'recovery_share'] %}
    {% set parameters = 'maturity_years, rate_dec, recovery_share := 0.4' %}
    {% set upfront = triangle_upfront('spread_bps', 'coupon_bps', *terms) %}
    {% set upfronts = [
        triangle_upfront('from_spread_bps', 'coupon_bps', *terms),
        triangle_upfront('to_spread_bps', 'coupon_bps', *terms),
    ] %}
    {% set accuracy = 'A credit triangle: for what-ifs, not for cash; fct_cds_curves has exact values.' %}
    {{ return([
        {
            'name': 'convert_yield_dec',
            'parameters': 'yield_dec, from_per_year_count, to_per_year_count',
            'expression': convert_yield('yield_dec', 'from_per_year_count', 'to_per_year_count'),
            'description': 'A yield in another compounding: 0 continuous, 1 effective annual, '
                ~ '2 bond equivalent.',
        },
        {
            'name': 'triangle_hazard_dec',
            'parameters': 'spread_bps, recovery_share := 0.4',
            'expression': triangle_hazard('spread_bps', 'recovery_share'),
            'description': 'Hazard per year, continuous: (365 / 360) S / (1 - R). ' ~ accuracy,
        },
        {
            'name': 'triangle_rpv01_years',
            'parameters': 'spread_bps, ' ~ parameters,
            'expression': triangle_rpv01('spread_bps', *terms),
            'description': 'Risky annuity in years at a flat hazard and a flat continuous rate. ' ~ accuracy,
        },
        {
            'name': 'triangle_upfront_pct_par',
            'parameters': 'spread_bps, coupon_bps, ' ~ parameters,
            'expression': upfront,
            'description': 'Clean upfront that the buyer of protection pays, per 100 of notional. ' ~ accuracy,
        },
        {
            'name': 'triangle_price_pct_par',
            'parameters': 'spread_bps, coupon_bps, ' ~ parameters,
            'expression': '100 - (' ~ upfront ~ ')',
            'description': 'Price = 100 - clean upfront, per 100 of notional. ' ~ accuracy,
        },
        {
            'name': 'triangle_seller_pnl_usd',
            'parameters':
                'notional_usd, from_spread_bps, to_spread_bps, coupon_bps, ' ~ parameters,
            'expression': 'notional_usd / 100 * ((' ~ upfronts[0] ~ ') - (' ~ upfronts[1] ~ '))',
            'description': 'What the seller of protection gains when the spread moves at once, in dollars. '
                ~ accuracy,
        },
    ]) }}
{% endmacro %}
