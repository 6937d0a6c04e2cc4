-- Treasury bill yields as delivered, one row per line of the file; a value that cannot be read is null.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    try_cast(source.date as date) as curve_date,
    {{ number_value('source.dgs3mo') }} / 100 as bill_yield_3m_dec,
    {{ number_value('source.dgs6mo') }} / 100 as bill_yield_6m_dec
from {{ source('fed', 'fred') }} as source
