-- Credit index history as delivered, one row per line of the file; a value that cannot be read is null.
-- Grain: one row per data_set and source_row_number.

select
    source.data_set,
    source.source_row_number,
    try_cast(source.date as date) as quote_date,
    source.index as vendor_index_name,
    {{ tenor_spelling('upper(trim(source.tenor))') }} as tenor_code,
    -- A name may say the series where no column does.
    if(
        source.series is null,
        try_cast(regexp_extract(
            substr(source.index, length({{ without_series('upper(source.index)') }}) + 1), '[0-9]+'
        ) as integer),
        {{ whole_value('source.series') }}
    ) as series_number,
    try_cast(source.spread as double) as spread_bps,
    try_cast(source.price as double) as price_pct_par,
    source.row_fault,
    {{ raw_row(['date', 'index', 'tenor', 'series', 'spread', 'price'], dates=['date']) }} as raw_row_json
from (select * replace (trim(index) as index) from {{ source('market', 'cdx') }}) as source
