{% macro pricing_options() %}
    {% set options = [] %}
    {% for name in [
        'discount_curve', 'discount_rate_dec', 'discount_spread_dec', 'index_discount_curve',
        'index_discount_rate_dec', 'cds_recovery_rule', 'cds_recovery_share', 'ois_curves', 'standard_cds_interpolation',
        'standard_extrapolation', 'standard_spline_end',
    ] %}
        {% do options.append(name ~ '=' ~ (var(name) | string).replace(' ', '+')) %}
    {% endfor %}
    {{ return(options) }}
{% endmacro %}
