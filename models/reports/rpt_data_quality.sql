-- Rows delivered, used and left out, by vendor file and reason.
-- Grain: one row per source_name, data_set and reason.

with

rejected as (

    select
        rows.source_name,
        rows.data_set,
        rows.reject_reason as reason,
        count(*) as row_count
    from {{ ref('fct_rejected_rows') }} as rows
    group by rows.source_name, rows.data_set, rows.reject_reason

),

files as (

    select
        files.table_name as source_name,
        files.data_set,
        max(files.table_row_count) as row_count
    from {{ ref('dim_input_files') }} as files
    group by files.table_name, files.data_set

),

final as (

    select
        files.source_name,
        files.data_set,
        'delivered' as reason,
        files.row_count::bigint as row_count
    from files
    union all
    select
        rejected.source_name,
        rejected.data_set,
        rejected.reason,
        rejected.row_count::bigint as row_count
    from rejected

)

select * from final
