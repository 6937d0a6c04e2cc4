-- Trades of credit indices as delivered, one row per line of the file; a value that cannot be read is null.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    {{ code_value('source.trade_id') }} as trade_id,
    try_cast(source.date as date) as quote_date,
    trim(source.index) as vendor_index_name,
    {{ tenor_spelling('upper(trim(source.tenor))') }} as tenor_code,
    {{ whole_value('source.series') }} as series_number,
    try_cast(source.notional_usd as double) as notional_usd,
    {{ flag_value('source.is_capped') }} as is_capped,
    try_cast(source.spread_bps as double) as spread_bps,
    try_cast(source.price_pct_par as double) as price_pct_par,
    source.row_fault,
    {{ raw_row(
        [
            'trade_id', 'date', 'index', 'tenor', 'series', 'notional_usd', 'is_capped', 'spread_bps',
            'price_pct_par'
        ],
        dates=['date'],
    ) }} as raw_row_json
from {{ source('dtcc', 'dtcc_prints') }} as source
