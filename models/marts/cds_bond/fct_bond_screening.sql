-- Kept, or the first reason why not, for every bond-month of the vendor file under both methods.
-- Grain: one row per method and source_row_number.
-- Tie-break: where an issuer has several codes the copy that came furthest speaks for the bond.

with

traced as (

    select * from {{ ref('int_cds_bond__bond_months_traced') }}

),

final as (

    select
        traced.method,
        traced.source_row_number,
        traced.cusip,
        traced.month_end_date,
        traced.step_number,
        {{ attrition_step_name('traced.step_number') }} as step,
        traced.reason,
        count(*) over whole_bond as row_count,
        count(*) filter (where traced.reason = 'kept') over whole_bond as kept_row_count
    from traced
    window
        furthest_first as (
            partition by traced.method, traced.source_row_number
            order by traced.step_number desc, traced.reason asc, traced.red_code asc
        ),
        whole_bond as (partition by traced.method, traced.source_row_number)
    qualify row_number() over furthest_first = 1

)

select * from final
