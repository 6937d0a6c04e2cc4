{% macro screened_models() %}
    {% set screened = [
        {
            'source_name': 'wrds_bond', 'model': 'int_cds_bond__bonds_screened',
            'key': ['cusip', 'month_end_date'], 'fault': 'fault_reason',
        },
        {
            'source_name': 'bond_terms', 'model': 'int_cds_bond__bond_terms_screened',
            'key': ['cusip'],
        },
        {
            'source_name': 'discount_curves', 'model': 'int_rates__discount_rates_screened',
            'key': ['curve_name', 'curve_date', 'node_years'],
        },
        {
            'source_name': 'monthly_ts_data', 'model': 'int_cds_bond__treasuries_merged',
            'key': ['treasury_code', 'quote_date'],
            'fault': 'fault_reason', 'reject': 'coalesce(fault_reason, screen_reason)',
            'once': 'fault_reason is not null, issue_row_number',
        },
        {
            'source_name': 'issue_data', 'model': 'int_cds_bond__treasury_issues_screened',
            'key': ['treasury_code'],
        },
        {
            'source_name': 'red_and_isin_mapping', 'model': 'int_cds_bond__obligations_screened',
            'key': ['red_code', 'coalesce(isin, obligation_cusip)'],
        },
        {
            'source_name': 'cds_final', 'model': 'int_cds_bond__cds_quotes_screened',
            'key': ['red_code', 'tenor_code', 'quote_date'],
            'fault': 'fault_reason',
            'reject': 'coalesce(fault_reason, contract_reason, tenor_reason)',
        },
        {
            'source_name': 'credit_events', 'model': 'int_cds_bond__credit_events_screened',
            'key': ['red_code', 'event_date'],
        },
        {
            'source_name': 'index_constituents', 'model': 'int_cds_bond__index_constituents_screened',
            'key': ["coalesce(index_code, 'unknown')", 'series_number', 'red_code'],
        },
        {
            'source_name': 'fed_yield_curve', 'model': 'int_rates__treasury_curves_screened',
            'key': ['curve_date'],
        },
        {
            'source_name': 'cdx', 'model': 'int_cdx_overlay__index_quotes_screened',
            'key': ["coalesce(instrument_code, 'unknown')", 'quote_date'], 'data_set': 'data_set',
        },
        {
            'source_name': 'cdx_events', 'model': 'int_cdx_overlay__index_events_screened',
            'key': ["coalesce(index_code, 'unknown')", 'series_number', 'entity_name'],
        },
        {
            'source_name': 'dtcc_prints', 'model': 'int_cdx_overlay__index_prints_screened', 'key': ['trade_id'],
        },
        {
            'source_name': 'vix', 'model': 'int_cdx_overlay__volatility_quotes_screened',
            'key': ['quote_date'], 'data_set': 'data_set',
        },
        {
            'source_name': 'etf', 'model': 'int_cdx_overlay__etf_quotes_screened',
            'key': ['etf_ticker', 'quote_date'], 'data_set': 'data_set',
        },
    ] %}
    {{ return(screened) }}
{% endmacro %}
