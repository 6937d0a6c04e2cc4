{% macro replica_models(stack) %}
    {{ return({
        'bond_bases': {
            'ftsfr_notebook': 'int_ftsfr_notebook__bases_computed',
            'ftsfr_zspread': 'int_ftsfr_zspread__bases_computed',
        },
        'bond_months_traced': {
            'ftsfr_notebook': 'int_ftsfr_notebook__bond_months_traced',
            'ftsfr_zspread': 'int_ftsfr_zspread__bond_months_traced',
        },
        'treasuries_merged': {
            'ftsfr_notebook': 'int_ftsfr_notebook__treasuries_merged',
        },
        'cds_quotes_counted': {
            'ftsfr_notebook': 'int_ftsfr_notebook__cds_quotes_counted',
        },
        'cds_returns': {
            'ftsfr_cds_returns': 'int_ftsfr_cds_returns__contract_months_compounded',
        },
        'cds_portfolio_returns': {
            'ftsfr_cds_returns': 'int_ftsfr_cds_returns__portfolio_months_scaled',
        },
    }[stack]) }}
{% endmacro %}
