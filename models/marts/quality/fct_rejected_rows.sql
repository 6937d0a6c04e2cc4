-- Every delivered row that the build did not use, with the reason and the row as delivered.
-- Grain: one row per source_name, data_set and source_row_number.
-- Drops: sound rows outside a sample; they are in fct_bond_screening and fct_sample_attrition.

select
    source_name,
    data_set,
    source_row_number,
    natural_key,
    fault_reason as reject_reason,
    raw_row_json
from {{ ref('int_accounting__rows_screened') }}
where fault_reason is not null
