-- How many rows each step of the basis leaves out, and why.
-- Grain: one row per method, population and line_number.

with

attrition as (

    select * from {{ ref('fct_sample_attrition') }}

),

final as (

    select
        attrition.method,
        attrition.population,
        attrition.line_number,
        attrition.step,
        attrition.reason,
        attrition.rows_in,
        attrition.rows_dropped,
        attrition.rows_added,
        attrition.rows_out
    from attrition

)

select * from final
