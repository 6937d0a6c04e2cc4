-- Every delivered obligation of a reference entity with the first reason against using it.
-- Grain: one row per source_row_number.

select
    source_row_number,
    red_code,
    obligation_cusip,
    isin,
    case
        when red_code is null then 'red_code_missing'
        when isin is null and obligation_cusip is null then 'isin_and_cusip_missing'
    end as reject_reason,
    raw_row_json
from {{ ref('stg_markit__red_obligations') }}
