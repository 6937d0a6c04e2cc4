-- Delivered rows that the as-of date of the build excludes, each with its reason.
-- Grain: one row per data_set, table_name and source_row_number.

select
    source.data_set,
    source.table_name,
    source.source_row_number,
    source.natural_key,
    source.withheld_reason as reject_reason,
    source.raw_row_json
from {{ source('build', 'withheld_rows') }} as source
