-- Obligations of each reference entity as delivered, one row per line of the file.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    {{ entity_code(code_value('source.redcode')) }} as red_code,
    {{ whole_cusip(code_value('source.obl_cusip')) }} as obligation_cusip,
    {{ code_value('source.isin') }} as isin,
    {{ entity_code('source.redcode') }} as red_code_as_delivered,
    source.obl_cusip as obligation_cusip_as_delivered,
    source.ticker,
    {{ code_value('source.tier') }} as tier,
    {{ raw_row(['redcode', 'ticker', 'obl_cusip', 'isin', 'tier']) }} as raw_row_json
from {{ source('markit', 'red_and_isin_mapping') }} as source
