-- Rows of each file that the build used, and why it did not use the others.
-- Grain: one row per source_name, data_set, reject_reason and is_withheld.
-- A CDS quote without a reason is used only if its clause is the one that its curve takes.

with

screened as (

    select
        source_name,
        data_set,
        coalesce(reject_reason, 'kept') as reject_reason,
        is_withheld,
        count(*) as row_count
    from {{ ref('int_accounting__rows_screened') }}
    group by source_name, data_set, coalesce(reject_reason, 'kept'), is_withheld

),

unused_quotes as (

    select
        screened.* replace (
            'other_clause_preferred' as reject_reason,
            screened.row_count - (
                select coalesce(sum(curves.quote_count), 0)
                from {{ ref('int_cds_bond__cds_curves_cleaned') }} as curves
            )::bigint as row_count
        )
    from screened
    where screened.source_name = 'cds_final' and screened.reject_reason = 'kept'

),

stacked as (

    select
        screened.* replace (
            screened.row_count - coalesce(unused_quotes.row_count, 0) as row_count
        )
    from screened
    left join unused_quotes
        on screened.source_name = unused_quotes.source_name and screened.reject_reason = 'kept'
    union all
    select * from unused_quotes

),

final as (

    select
        source_name,
        data_set,
        reject_reason,
        is_withheld,
        row_count
    from stacked
    where row_count > 0

)

select * from final
