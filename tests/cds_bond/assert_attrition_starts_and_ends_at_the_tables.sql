-- What attrition says went in is what the vendor delivered, and what it says is left is what users see.

with

lines as (

    select * from {{ ref('fct_sample_attrition') }} where population = 'bond_months'

),

ends as (

    select
        method,
        max_by(rows_out, line_number) + sum(rows_dropped - rows_added) as first_rows_in,
        max_by(rows_out, line_number) as last_rows_out
    from lines
    group by method

),

delivered as (

    -- Of the file, so that rows withheld count as well; max, because a table may come in parts.
    select max(table_row_count) as row_count
    from {{ ref('stg_build__input_files') }}
    where data_set = 'desk' and table_name = 'wrds_bond'

),

published as (

    select method, count(*) as row_count from {{ ref('fct_bond_basis') }} group by method

)

select
    ends.method,
    ends.first_rows_in,
    delivered.row_count as delivered_row_count,
    ends.last_rows_out,
    published.row_count as published_row_count
from ends
cross join delivered
left join published on ends.method = published.method
where
    ends.first_rows_in is distinct from delivered.row_count
    or ends.last_rows_out <> coalesce(published.row_count, 0)
