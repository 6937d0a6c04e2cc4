-- Rows delivered, used and left out, by vendor file and reason.
-- Grain: one row per source_name, data_set and reason.

select
    table_name as source_name,
    data_set,
    'delivered' as reason,
    max(table_row_count)::bigint as row_count
from {{ ref('dim_input_files') }}
group by table_name, data_set
union all
select
    source_name,
    data_set,
    reject_reason as reason,
    count(*) as row_count
from {{ ref('fct_rejected_rows') }}
group by source_name, data_set, reject_reason
