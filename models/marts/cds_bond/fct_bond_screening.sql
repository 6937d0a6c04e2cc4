-- Kept, or the first reason why not, for every bond-month of the vendor file under every method.
-- Grain: one row per method and source_row_number.
-- Tie-break: where an issuer has several codes the copy that came furthest speaks for the bond.

with

traced as (

    select
        'standard' as method,
        *
    from {{ ref('int_accounting__bond_months_traced') }}
    {{ stack_replicas('bond_months_traced') }}

),

-- Codes by which a bond is looked up, the same in every method.
identified as (

    select
        source_row_number,
        cusip,
        isin,
        ticker
    from {{ ref('stg_wrds__bond_months') }}
    union all
    select
        source_row_number,
        cusip,
        isin,
        ticker
    from {{ ref('int_accounting__bond_months_withheld') }}

),

furthest as (

    select
        traced.*,
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

),

final as (

    select
        furthest.* replace (nullif(furthest.red_code, '') as red_code),
        identified.cusip as cleaned_cusip,
        identified.isin,
        identified.ticker,
        {{ attrition_step_name('furthest.step_number') }} as step
    from furthest
    left join identified on furthest.source_row_number = identified.source_row_number

)

select * from final
