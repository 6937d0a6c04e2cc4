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

used_quotes as (

    select coalesce(sum(quote_count), 0)::bigint as row_count
    from {{ ref('int_cds_bond__cds_curves_cleaned') }}

),

stacked as (

    select
        screened.* replace (
            if(
                screened.source_name = 'cds_final' and screened.reject_reason = 'kept',
                used_quotes.row_count,
                screened.row_count
            ) as row_count
        )
    from screened
    cross join used_quotes
    union all
    select
        screened.* replace (
            'other_clause_preferred' as reject_reason,
            screened.row_count - used_quotes.row_count as row_count
        )
    from screened
    cross join used_quotes
    where screened.source_name = 'cds_final' and screened.reject_reason = 'kept'

),

final as (

    select
        stacked.source_name,
        stacked.data_set,
        stacked.reject_reason,
        stacked.is_withheld,
        stacked.row_count
    from stacked
    where stacked.row_count > 0

)

select * from final
