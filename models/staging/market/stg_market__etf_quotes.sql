-- Credit ETF history as delivered, one row per line of the file; a value that cannot be read is null.
-- Grain: one row per data_set and source_row_number.

select
    source.data_set,
    source.source_row_number,
    try_cast(source.date as date) as quote_date,
    {{ code_value('source.ticker') }} as etf_ticker,
    try_cast(source.close as double) as etf_close_usd,
    try_cast(source.spread as double) as etf_spread_bps,
    try_cast(source.open as double) as etf_open_usd,
    try_cast(source.high as double) as etf_high_usd,
    try_cast(source.low as double) as etf_low_usd,
    try_cast(source.volume as double) as etf_volume_count,
    source.row_fault,
    {{ raw_row(
        ['date', 'ticker', 'close', 'spread', 'open', 'high', 'low', 'volume'], dates=['date']
    ) }} as raw_row_json
from {{ source('market', 'etf') }} as source
