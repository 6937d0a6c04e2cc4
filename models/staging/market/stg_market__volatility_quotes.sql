-- Equity volatility index as delivered, one row per line of the file; a value that cannot be read is null.
-- Grain: one row per data_set and source_row_number.

select
    source.data_set,
    source.source_row_number,
    try_cast(source.date as date) as quote_date,
    try_cast(source.close as double) as vix_close_pts,
    try_cast(source.open as double) as vix_open_pts,
    try_cast(source.high as double) as vix_high_pts,
    try_cast(source.low as double) as vix_low_pts,
    source.row_fault,
    {{ raw_row(['date', 'close', 'open', 'high', 'low'], dates=['date']) }} as raw_row_json
from {{ source('market', 'vix') }} as source
