-- Each line of the bond file is kept or has a reason, once per method: "why is this bond missing" is a query.

with

methods as (

    select 'standard' as method
    union
    select method from {{ ref('fct_bond_screening') }}

),

delivered as (

    -- Every line of the file, those withheld as well; max, because a table may come in parts.
    select unnest(range(1, max(table_row_count) + 1)) as source_row_number
    from {{ ref('stg_build__input_files') }}
    where data_set = 'desk' and table_name = 'wrds_bond'

),

expected as (

    select
        methods.method,
        delivered.source_row_number
    from delivered
    cross join methods

)

select
    coalesce(expected.method, outcomes.method) as method,
    coalesce(expected.source_row_number, outcomes.source_row_number) as source_row_number
from expected
full join {{ ref('fct_bond_screening') }} as outcomes
    on
        expected.method = outcomes.method
        and expected.source_row_number = outcomes.source_row_number
where outcomes.reason is null or expected.method is null
