-- Treasury issues as delivered, one row per line of the file; a value that cannot be read is null.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    source.kycrspid as treasury_code,
    {{ number_value('source.kytreasno') }} as treasury_number,
    try_cast(source.tmatdt as date) as maturity_date,
    try_cast(source.tdatdt as date) as dated_date,
    {{ number_value('source.tcouprt') }} / 100 as coupon_dec,
    -- The tenth character of an issue code is the type digit.
    coalesce(
        {{ whole_value('source.itype') }}::varchar,
        substr(source.kycrspid, 10, 1)
    ) as issue_type_code,
    source.row_fault,
    {{ raw_row(
        ['kycrspid', 'kytreasno', 'tmatdt', 'tcouprt', 'itype', 'tdatdt'], dates=['tmatdt', 'tdatdt']
    ) }} as raw_row_json
from {{ source('crsp', 'issue_data') }} as source
