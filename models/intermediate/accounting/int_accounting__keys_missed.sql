-- How much of a bond file has no match in the others: no entity, no quote, no issue, no return in a month.
-- Grain: one row per check_code, source_name and reason.
-- Drops: checks for which nothing was delivered.

with

traced as (

    select * from {{ ref('int_accounting__bond_months_traced') }}
    where step_number > 0

),

listed as (

    select
        {{ code_shape('red_code') }} as codes,
        {{ code_shape('obligation_cusip') }} as cusips,
        {{ code_shape('isin') }} as isins
    from {{ ref('int_cds_bond__obligations_screened') }}

),

quoted as (

    select
        count(distinct last_day(quote_date)) as month_count,
        {{ code_shape('red_code') }} as codes
    from {{ ref('int_cds_bond__cds_curves_cleaned') }}

),

bonds as (

    select
        cusip,
        bool_and(step_number = 3) as is_lost
    from traced
    where step_number >= 3
    group by cusip

),

entities as (

    select
        red_code,
        bool_and(reason = 'name_not_quoted') as is_lost
    from traced
    where step_number > 3
    group by red_code

),

treasury_months as (

    select
        source_row_number,
        max(treasury_code) as treasury_code,
        bool_and(coalesce(fault_reason, '') = 'issue_not_in_issue_data') as is_lost
    from {{ ref('int_cds_bond__treasuries_merged') }}
    group by source_row_number

),

counted as (

    select
        'keys_missed' as check_code,
        'wrds_bond' as source_name,
        'not_in_red_and_isin_mapping' as reason,
        count_if(bonds.is_lost) as lost_count,
        count(*) as total_count,
        'CUSIPs of ' || {{ code_shape('bonds.cusip', 'bonds.is_lost') }} || ' in wrds_bond, of '
        || max(listed.cusips) || ' in RED_and_ISIN_mapping, where ISINs are of '
        || max(listed.isins) as cause
    from bonds
    cross join listed
    union all
    select
        'keys_missed' as check_code,
        'red_and_isin_mapping' as source_name,
        'not_in_cds_final' as reason,
        count_if(entities.is_lost) as lost_count,
        count(*) as total_count,
        'codes of ' || {{ code_shape('entities.red_code', 'entities.is_lost') }}
        || ' in RED_and_ISIN_mapping, of ' || max(quoted.codes) || ' in cds_final' as cause
    from entities
    cross join quoted
    union all
    select
        'keys_missed' as check_code,
        'monthly_ts_data' as source_name,
        'not_in_issue_data' as reason,
        count_if(treasury_months.is_lost) as lost_count,
        count(*) as total_count,
        'codes of ' || {{ code_shape('treasury_months.treasury_code', 'treasury_months.is_lost') }}
        || ' in monthly_ts_data, of ' || (
            select {{ code_shape('treasury_code') }} from {{ ref('int_cds_bond__treasury_issues_screened') }}
        ) || ' in issue_data' as cause
    from treasury_months
    union all
    select
        'months_without_rows' as check_code,
        'fct_cds_returns' as source_name,
        'no_return' as reason,
        max(quoted.month_count) - count(distinct returns.month_end_date) as lost_count,
        max(quoted.month_count) as total_count,
        'returns need five-year quotes of {{ var("cds_return_min_contributor_count") }} contributors' as cause
    from quoted
    left join {{ ref('int_cds_bond__cds_day_returns_computed') }} as returns on true

),

final as (

    {{ counted_losses('counted') }}

)

select * from final
