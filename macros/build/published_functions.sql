{% macro published_functions() %}
    {#- None calls another, because DuckDB would look for it in the caller's database. -#}
    {% set terms = ['maturity_years', 'rate_dec', 'recovery_share'] %}
    {% set parameters = 'maturity_years, rate_dec, recovery_share := 0.4' %}
    {% set upfront = triangle_upfront('spread_bps', 'coupon_bps', *terms) %}
    {% set upfronts = [
        triangle_upfront('from_spread_bps', 'coupon_bps', *terms),
        triangle_upfront('to_spread_bps', 'coupon_bps', *terms),
    ] %}
    {% set accuracy = 'A credit triangle: quick, and not for cash; standard_cds is exact.' %}
    {% set contract = ['spread_bps', 'coupon_bps', 'trade_date', 'maturity_date', 'curve_years', 'curve_zero_dec'] %}
    {{ return([
        {
            'name': 'standard_cds',
            'parameters': contract | join(', ') ~ ', recovery_share := 0.4',
            'expression': standard_cds(*(contract + ['recovery_share'])),
            'description': 'Exact value of a standard CDS or index contract at a quoted spread, a struct: hazard_dec, '
                ~ 'rpv01_years, upfront_pct_par (clean, paid by the buyer), price_pct_par, accrued_pct_par, '
                ~ 'cs01_usd_per_bp_per_mm (upfront gained per basis point, re-implied). The curve is two lists, years from '
                ~ 'the trade and continuous zero yields; [1], [0.03] is flat. Null where there is no such contract.',
        },
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
