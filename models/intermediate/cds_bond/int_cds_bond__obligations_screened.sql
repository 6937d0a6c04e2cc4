-- Every delivered obligation of a reference entity with the first reason against using it.
-- Grain: one row per source_row_number.
-- A check digit is verified where 19 of 20 codes of the file end in theirs.

select
    source_row_number,
    red_code,
    obligation_cusip,
    isin,
    case
        when red_code is null then 'red_code_missing'
        when isin is null and obligation_cusip is null then 'isin_and_cusip_missing'
        when
            right(obligation_cusip, 1) <> cusip_check_digit
            and {{ mostly_verified('obligation_cusip', 'cusip_check_digit', 'over ()') }}
            then 'cusip_check_digit_wrong'
        when
            right(isin, 1) <> isin_check_digit
            and {{ mostly_verified('isin', 'isin_check_digit', 'over ()') }}
            then 'isin_check_digit_wrong'
        else row_fault
    end as reject_reason,
    raw_row_json
from {{ ref('stg_markit__red_obligations') }}
