-- Rows of each file that the desk read, and why it did not use the others.
-- Grain: one row per step_name, source_name and reject_reason.

with

bonds as (

    select
        'screen_wrds_bond' as step_name,
        'wrds_bond' as source_name,
        coalesce(reject_reason, 'kept') as reject_reason
    from {{ ref('int_cds_bond__bonds_screened') }}

),

treasuries as (

    select
        'screen_monthly_ts_data' as step_name,
        'monthly_ts_data' as source_name,
        coalesce(fault_reason, screen_reason, 'kept') as reject_reason
    from {{ ref('int_cds_bond__treasuries_merged') }}
    -- As in the list of rejected rows.
    qualify
        row_number() over (
            partition by source_row_number order by fault_reason is not null, issue_row_number
        ) = 1

),

rejections as (

    select * from {{ ref('int_cds_bond__rejections_collected') }}

),

looked_up as (

    select
        'issue_data' as source_name,
        source_row_number
    from {{ ref('stg_crsp__treasury_issues') }}
    union all
    select
        'red_and_isin_mapping' as source_name,
        source_row_number
    from {{ ref('stg_markit__red_obligations') }}
    union all
    select
        'fed_yield_curve' as source_name,
        source_row_number
    from {{ ref('stg_fed__yield_curve_params') }}

),

others as (

    select
        'screen_' || looked_up.source_name as step_name,
        looked_up.source_name,
        coalesce(rejections.reject_reason, 'kept') as reject_reason
    from looked_up
    left join rejections
        on
            looked_up.source_name = rejections.source_name
            and looked_up.source_row_number = rejections.source_row_number

),

withheld as (

    select
        'screen_' || table_name as step_name,
        table_name as source_name,
        reject_reason
    from {{ ref('stg_build__withheld_rows') }}
    where table_name not in ('cdx', 'vix', 'etf', 'fred')

),

stacked as (

    select * from bonds
    union all
    select * from withheld
    union all
    select * from treasuries
    union all
    select * from others

),

final as (

    select
        stacked.step_name,
        stacked.source_name,
        stacked.reject_reason,
        count(*) as row_count
    from stacked
    group by stacked.step_name, stacked.source_name, stacked.reject_reason
    union all
    select
        'screen_cds_final' as step_name,
        'cds_final' as source_name,
        if(quotes.reason = 'used', 'kept', quotes.reason) as reject_reason,
        quotes.row_count
    from {{ ref('int_cds_bond__cds_quotes_counted') }} as quotes

)

select * from final
