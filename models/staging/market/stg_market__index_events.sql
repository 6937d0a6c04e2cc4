-- Credit events of index names as delivered, a row per line of the file; a value that cannot be read is null.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    try_cast(source.effective_date as date) as effective_date,
    try_cast(source.event_date as date) as event_date,
    trim(source.index) as vendor_index_name,
    {{ whole_value('source.series') }} as series_number,
    {{ whole_value('source.version') }} as index_version_number,
    {{ code_value('source.entity') }} as entity_name,
    {{ share_value('source.weight') }} as weight_share,
    {{ share_value('source.recovery') }} as auction_recovery_share,
    {{ raw_row(
        ['effective_date', 'event_date', 'index', 'series', 'version', 'entity', 'weight', 'recovery'],
        dates=['effective_date', 'event_date'],
    ) }} as raw_row_json
from {{ source('market', 'cdx_events') }} as source
