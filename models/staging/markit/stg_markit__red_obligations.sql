-- Obligations of each reference entity as delivered, one row per line of the file.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    {{ entity_code(code_value('source.redcode')) }} as red_code,
    {{ whole_cusip(code_value('source.obl_cusip')) }} as obligation_cusip,
    {{ code_value('source.isin') }} as isin,
    {{ cusip_check_digit('upper(trim(source.obl_cusip))') }} as cusip_check_digit,
    {{ luhn_check_digit('source.isin_digits') }} as isin_check_digit,
    {{ entity_code('source.redcode') }} as red_code_as_delivered,
    source.obl_cusip as obligation_cusip_as_delivered,
    source.ticker,
    {{ code_value('source.tier') }} as tier,
    source.row_fault,
    {{ raw_row(['redcode', 'ticker', 'obl_cusip', 'isin', 'tier']) }} as raw_row_json
from (
    select
        *,
        {{ isin_digits('upper(trim(isin))') }} as isin_digits
    from {{ source('markit', 'red_and_isin_mapping') }}
) as source
