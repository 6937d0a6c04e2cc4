-- Names and weights of index series as delivered, a row per line of the file; what cannot be read is null.
-- Grain: one row per source_row_number.

select
    source.source_row_number,
    trim(source.index) as vendor_index_name,
    {{ whole_value('source.series') }} as series_number,
    {{ entity_code(code_value('source.redcode')) }} as red_code,
    {{ share_value('source.weight') }} as weight_share,
    source.row_fault,
    {{ raw_row(['index', 'series', 'redcode', 'weight']) }} as raw_row_json
from {{ source('market', 'index_constituents') }} as source
