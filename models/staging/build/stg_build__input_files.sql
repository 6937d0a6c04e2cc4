-- Vendor files of this build, with their SHA-256 digests.
-- Grain: one row per data_set, table_name and file_name.

select
    source.data_set,
    source.table_name,
    source.file_name,
    source.sha256,
    source.byte_count::bigint as byte_count,
    source.table_row_count::bigint as table_row_count,
    source.part_count::integer as part_count,
    source.delivered_columns,
    source.unscreened,
    source.change_status,
    source.source_address
from {{ source('build', 'input_files') }} as source
