-- Vendor files that this build read, with their SHA-256 digests.
-- Grain: one row per data_set, table_name and file_name.

with

final as (

    select
        files.data_set,
        files.table_name,
        files.file_name,
        files.byte_count,
        files.table_row_count,
        files.part_count,
        files.sha256,
        files.delivered_columns,
        files.unscreened,
        files.change_status
    from {{ ref('stg_build__input_files') }} as files

)

select * from final
