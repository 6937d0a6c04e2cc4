-- How many CDS quotes each method uses, and why it does not use the others.
-- Grain: one row per method and reason.

with

quotes as (

    select * from {{ ref('int_cds_bond__cds_quotes_screened') }}

),

curves as (

    select * from {{ ref('int_cds_bond__cds_curves_cleaned') }}

),

reasons as (

    select
        quotes.fault_reason,
        quotes.contract_reason,
        quotes.compat_contract_reason,
        quotes.compat_reason,
        quotes.standard_tenor_reason,
        count(*) as row_count
    from quotes
    group by
        quotes.fault_reason,
        quotes.contract_reason,
        quotes.compat_contract_reason,
        quotes.compat_reason,
        quotes.standard_tenor_reason

),

eligible as (

    select
        'compat' as method,
        coalesce(reasons.compat_contract_reason, reasons.compat_reason, 'eligible') as reason,
        reasons.row_count
    from reasons
    union all
    select
        'standard' as method,
        coalesce(
            reasons.fault_reason, reasons.contract_reason, reasons.standard_tenor_reason, 'eligible'
        ) as reason,
        reasons.row_count
    from reasons

),

used as (

    select
        curves.method,
        'used' as reason,
        sum(curves.quote_count)::bigint as row_count
    from curves
    group by curves.method

),

unused as (

    select
        eligible.method,
        if(eligible.method = 'compat', 'not_a_bond_date', 'other_clause_preferred') as reason,
        (sum(eligible.row_count) - coalesce(max(used.row_count), 0))::bigint as row_count
    from eligible
    left join used on eligible.method = used.method
    where eligible.reason = 'eligible'
    group by eligible.method

),

stacked as (

    select * from used
    union all
    select * from unused
    union all
    select * from eligible
    where reason <> 'eligible'

),

final as (

    select
        stacked.method,
        stacked.reason,
        sum(stacked.row_count)::bigint as row_count
    from stacked
    where stacked.row_count > 0
    group by stacked.method, stacked.reason

)

select * from final
