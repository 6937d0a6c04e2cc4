-- A replica that was built and is missing from the marts would be missing without a word.

with

traced as (

    select distinct
        'ftsfr_notebook' as method,
        source_row_number
    from {{ ref('int_ftsfr_notebook__bond_months_traced') }}
    union all
    select
        'ftsfr_zspread' as method,
        source_row_number
    from {{ ref('int_ftsfr_zspread__bond_months_traced') }}

)

select
    traced.method,
    traced.source_row_number
from traced
left join {{ ref('fct_bond_screening') }} as outcomes
    on
        traced.method = outcomes.method
        and traced.source_row_number = outcomes.source_row_number
where outcomes.method is null
