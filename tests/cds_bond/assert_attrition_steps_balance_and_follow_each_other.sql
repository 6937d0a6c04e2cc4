-- Every step balances over its reasons, and starts with what the step before left and its join added.

with

steps as (

    select
        method,
        population,
        step,
        min(rows_in) as rows_in,
        max(rows_in) as highest_rows_in,
        min(rows_out) as rows_out,
        max(rows_out) as highest_rows_out,
        sum(rows_dropped) as rows_dropped,
        sum(rows_added) as rows_added,
        min(line_number) as line_number
    from {{ ref('fct_sample_attrition') }}
    group by method, population, step

),

chained as (

    select
        steps.*,
        lag(rows_out) over (
            partition by method, population order by line_number
        ) as earlier_rows_out
    from steps

)

select * from chained
where
    rows_in <> highest_rows_in
    or rows_out <> highest_rows_out
    or rows_in <> rows_out + rows_dropped
    or earlier_rows_out + rows_added <> rows_in
