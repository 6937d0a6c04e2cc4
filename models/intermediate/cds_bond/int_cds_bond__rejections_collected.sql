-- Every delivered row of this desk with a fault of its own: unreadable, impossible or repeated.
-- Grain: one row per source_name and source_row_number.
-- Rows that are sound but outside a sample are in fct_bond_screening and fct_sample_attrition instead.

with

bonds as (

    select
        'wrds_bond' as source_name,
        source_row_number,
        concat_ws(' ', coalesce(cusip, '?'), coalesce(month_end_date::varchar, '?')) as natural_key,
        fault_reason as reject_reason,
        raw_row_json
    from {{ ref('int_cds_bond__bonds_screened') }}
    where fault_reason is not null

),

treasuries as (

    select
        'monthly_ts_data' as source_name,
        source_row_number,
        concat_ws(' ', coalesce(treasury_code, '?'), coalesce(quote_date::varchar, '?')) as natural_key,
        fault_reason as reject_reason,
        raw_row_json
    from (
        select *
        from {{ ref('int_cds_bond__treasuries_merged') }}
        -- An issue listed twice repeats the quote, which is at fault when every copy is.
        qualify
            row_number() over (
                partition by source_row_number order by fault_reason is not null, issue_row_number
            ) = 1
    ) as merged
    where fault_reason is not null

),

issues as (

    select
        'issue_data' as source_name,
        source_row_number,
        coalesce(treasury_code, '?') as natural_key,
        reject_reason,
        raw_row_json
    from {{ ref('int_cds_bond__treasury_issues_screened') }}
    where reject_reason is not null

),

obligations as (

    select
        'red_and_isin_mapping' as source_name,
        source_row_number,
        concat_ws(' ', coalesce(red_code, '?'), coalesce(isin, obligation_cusip, '?')) as natural_key,
        if(red_code is null, 'red_code_missing', 'isin_and_cusip_missing') as reject_reason,
        raw_row_json
    from {{ ref('stg_markit__red_obligations') }}
    where red_code is null or (isin is null and obligation_cusip is null)

),

quotes as (

    select
        'cds_final' as source_name,
        source_row_number,
        concat_ws(
            ' ', coalesce(red_code, '?'), coalesce(tenor_code, '?'), coalesce(quote_date::varchar, '?')
        ) as natural_key,
        fault_reason as reject_reason,
        raw_row_json
    from {{ ref('int_cds_bond__cds_quotes_screened') }}
    where fault_reason is not null

),

curve_days as (

    select
        'fed_yield_curve' as source_name,
        source_row_number,
        coalesce(curve_date::varchar, '?') as natural_key,
        reject_reason,
        raw_row_json
    from {{ ref('int_rates__treasury_curves_screened') }}
    where reject_reason is not null

),

final as (

    select * from bonds
    union all
    select * from treasuries
    union all
    select * from issues
    union all
    select * from obligations
    union all
    select * from quotes
    union all
    select * from curve_days

)

select * from final
