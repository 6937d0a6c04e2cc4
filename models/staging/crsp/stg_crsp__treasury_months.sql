-- Treasury quotes at month end as delivered, one row per line; a value that cannot be read is null.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    source.kycrspid as treasury_code,
    {{ number_value('source.kytreasno') }} as treasury_number,
    try_cast(source.mcaldt as date) as quote_date,
    {{ number_value('source.tmpubout') }} * 1000000 as public_amount_usd,
    -- The only rate in the warehouse that is per day; a later model annualises it.
    {{ number_value('source.tmyld') }} as daily_yield_dec,
    source.row_fault,
    {{ raw_row(['kycrspid', 'kytreasno', 'mcaldt', 'tmpubout', 'tmyld'], dates=['mcaldt']) }} as raw_row_json
from {{ source('crsp', 'monthly_ts_data') }} as source
