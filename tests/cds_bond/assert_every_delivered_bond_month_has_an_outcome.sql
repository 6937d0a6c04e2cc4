-- Each line of the bond file is kept or has a reason, once per method: "why is this bond missing" is a query.

with

methods as (

    select unnest(['compat', 'compat_zspread', 'standard']) as method

),

delivered as (

    select source_row_number from {{ ref('stg_wrds__bond_months') }}

)

select
    methods.method,
    delivered.source_row_number
from delivered
cross join methods
left join {{ ref('fct_bond_screening') }} as outcomes
    on
        methods.method = outcomes.method
        and delivered.source_row_number = outcomes.source_row_number
where outcomes.reason is null
