-- Credit events of reference entities as delivered, a row per line of the file; what cannot be read is null.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    {{ entity_code(code_value('source.redcode')) }} as red_code,
    try_cast(source.event_date as date) as event_date,
    {{ share_value('source.recovery') }} as auction_recovery_share,
    source.row_fault,
    {{ raw_row(['redcode', 'event_date', 'recovery'], dates=['event_date']) }} as raw_row_json
from {{ source('markit', 'credit_events') }} as source
