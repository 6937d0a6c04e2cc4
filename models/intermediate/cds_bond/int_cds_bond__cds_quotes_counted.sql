-- How many CDS quotes the desk uses, and why it does not use the others.
-- Grain: one row per reason.

with

quotes as (

    select
        coalesce(fault_reason, contract_reason, tenor_reason) as reject_reason,
        count(*) as row_count
    from {{ ref('int_cds_bond__cds_quotes_screened') }}
    group by coalesce(fault_reason, contract_reason, tenor_reason)

),

used as (

    select coalesce(sum(quote_count), 0)::bigint as row_count
    from {{ ref('int_cds_bond__cds_curves_cleaned') }}

),

counted as (

    select
        'used' as reason,
        used.row_count
    from used
    union all
    select
        coalesce(quotes.reject_reason, 'other_clause_preferred') as reason,
        quotes.row_count - if(quotes.reject_reason is null, used.row_count, 0) as row_count
    from quotes
    cross join used

),

final as (

    select
        counted.reason,
        counted.row_count::bigint as row_count
    from counted
    where counted.row_count > 0

)

select * from final
