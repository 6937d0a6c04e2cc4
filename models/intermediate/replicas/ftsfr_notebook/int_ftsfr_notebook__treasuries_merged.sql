-- Issue facts joined onto monthly Treasury quotes, every line of an issue that is listed several times.
-- Grain: one row per source_row_number and issue_row_number.
-- Yield: the daily yield compounded 365 times, effective annual.
-- Drops: nothing; reject_reason says what the notebook cannot compute with.

with

months as (

    select * from {{ ref('stg_crsp__treasury_months') }}

),

issues as (

    select * from {{ ref('stg_crsp__treasury_issues') }}

),

final as (

    select
        months.source_row_number,
        coalesce(issues.source_row_number, 0) as issue_row_number,
        months.treasury_code,
        months.treasury_number,
        months.quote_date,
        last_day(months.quote_date) as month_end_date,
        issues.maturity_date,
        months.public_amount_usd,
        pow(1 + months.daily_yield_dec, 365) - 1 as annual_yield_dec,
        case
            when months.treasury_code is null or months.treasury_number is null then 'key_missing'
            when issues.source_row_number is null then 'issue_not_in_issue_data'
            when months.quote_date is null then 'date_missing_or_unreadable'
            when months.daily_yield_dec is null then 'yield_missing_or_unreadable'
            when issues.maturity_date is null then 'maturity_missing_or_unreadable'
        end as reject_reason
    from months
    left join issues
        on
            months.treasury_code = issues.treasury_code
            and months.treasury_number = issues.treasury_number

)

select * from final
