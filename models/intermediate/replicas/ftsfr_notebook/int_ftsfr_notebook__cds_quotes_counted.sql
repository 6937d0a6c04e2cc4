-- How many CDS quotes the notebook uses, and why it does not use the others.
-- Grain: one row per reject_reason.

with

quotes as (

    select
        reject_reason,
        count(*) as row_count
    from {{ ref('int_ftsfr_notebook__cds_quotes_screened') }}
    group by reject_reason

),

used as (

    select coalesce(sum(quote_count), 0)::bigint as row_count
    from {{ ref('int_ftsfr_notebook__cds_curves_cleaned') }}

),

counted as (

    select
        'kept' as reject_reason,
        used.row_count
    from used
    union all
    select
        coalesce(quotes.reject_reason, 'not_a_bond_date') as reject_reason,
        quotes.row_count - if(quotes.reject_reason is null, used.row_count, 0) as row_count
    from quotes
    cross join used

),

final as (

    select
        counted.reject_reason,
        counted.row_count::bigint as row_count
    from counted
    where counted.row_count > 0

)

select * from final
