-- The rows out of one line must be the rows in of the next, or a row was lost between two reasons.

with

lines as (

    select
        method,
        population,
        line_number,
        rows_in,
        lag(rows_out) over (
            partition by method, population order by line_number
        ) as earlier_rows_out
    from {{ ref('fct_sample_attrition') }}

)

select * from lines
where earlier_rows_out is not null and earlier_rows_out <> rows_in
