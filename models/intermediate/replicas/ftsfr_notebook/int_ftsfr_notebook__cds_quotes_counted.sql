-- How many CDS quotes the notebook uses, and why it does not use the others.
-- Grain: one row per reject_reason.

with

used as (

    select coalesce(sum(quote_count), 0)::bigint as row_count
    from {{ ref('int_ftsfr_notebook__cds_curves_cleaned') }}

),

counted as (

    select
        'kept' as reject_reason,
        row_count
    from used
    union all
    select
        coalesce(reject_reason, 'not_a_bond_date') as reject_reason,
        count(*) - if(reject_reason is null, (select used.row_count from used), 0) as row_count
    from {{ ref('int_ftsfr_notebook__cds_quotes_screened') }}
    group by reject_reason

),

final as (

    select
        reject_reason,
        row_count
    from counted
    where row_count > 0

)

select * from final
