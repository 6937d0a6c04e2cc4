{% macro basis_choices() %}
    {#- What an author of a basis chooses besides the measure: which bonds, which quote of the CDS, which weights. -#}
    {{ return({
        'bond_filter': {
            'all_bonds': 'true',
            'common_sample': 'bonds.common_sample',
            'price_of_last_3_days': 'bonds.price_age_days <= 3',
        },
        'alignment': {'nearest_day': 'true', 'same_day': 'bonds.cds_quote_age_days = 0'},
        'weighting': ['equal', 'amount', 'median'],
    }) }}
{% endmacro %}
