-- Issue facts joined onto monthly Treasury quotes, with the first reason against using the row.
-- Grain: one row per source_row_number and issue_row_number.
-- Yield: the daily yield d as a semi-annual bond-equivalent yield, 2 (exp(365 d / 2) - 1), the convention of
-- the corporate yields it is compared with.
-- For an issue listed several times, the line that the screen of issues keeps is used.

with

months as (

    select * from {{ ref('stg_crsp__treasury_months') }}

),

issues as (

    select * from {{ ref('int_cds_bond__treasury_issues_screened') }}

),

joined as (

    select
        months.source_row_number,
        issues.source_row_number as issue_row_number,
        months.treasury_code,
        months.treasury_number,
        months.quote_date,
        last_day(months.quote_date) as month_end_date,
        issues.maturity_date,
        issues.dated_date,
        issues.issue_type_code,
        months.public_amount_usd,
        months.daily_yield_dec,
        months.raw_row_json,
        case
            when months.treasury_code is null or months.treasury_number is null then 'key_missing'
            when issues.source_row_number is null then 'issue_not_in_issue_data'
            when months.quote_date is null then 'date_missing_or_unreadable'
            when months.daily_yield_dec is null then 'yield_missing_or_unreadable'
            when issues.maturity_date is null then 'maturity_missing_or_unreadable'
            when {{ date_unusable('months.quote_date') }} then 'date_missing_or_unreadable'
            when issues.reject_reason is not null then issues.reject_reason
            when issues.maturity_date <= months.quote_date then 'matured'
            when months.quote_date < issues.dated_date then 'before_issue'
            when not isfinite(months.daily_yield_dec) then 'yield_not_finite'
            when abs(365 * months.daily_yield_dec) > {{ var('max_treasury_yield_dec') }}
                then 'yield_outside_plausible_range'
            else months.row_fault
        end as own_reason
    from months
    left join issues
        on
            months.treasury_code = issues.treasury_code
            and months.treasury_number = issues.treasury_number

),

read_alone as (

    select
        joined.*,
        coalesce(joined.issue_type_code, '') in ('1', '2') as is_plain,
        if(joined.public_amount_usd > 0, joined.public_amount_usd, null) as known_amount_usd,
        greatest(date_diff('day', joined.quote_date, joined.maturity_date), 1) as days_to_maturity
    from joined

),

measured as (

    select
        read_alone.*,
        median(read_alone.daily_yield_dec) over near_maturities as near_yield_dec,
        count(*) over near_maturities as near_count,
        median(read_alone.known_amount_usd) over year_before as earlier_amount_usd,
        median(read_alone.known_amount_usd) over same_day as usual_amount_usd
    from read_alone
    window
        -- From 0.7 to 1.4 times the days to maturity.
        near_maturities as (
            partition by read_alone.quote_date, read_alone.is_plain, read_alone.own_reason is null
            order by ln(read_alone.days_to_maturity)
            range between 0.35 preceding and 0.35 following
        ),
        year_before as (
            partition by
                read_alone.treasury_code, read_alone.treasury_number, read_alone.own_reason is null
            order by if(read_alone.own_reason is null, read_alone.quote_date, null)
            range between interval 1 year preceding and interval 1 day preceding
        ),
        same_day as (
            partition by read_alone.quote_date, read_alone.own_reason is null
        )

),

-- Yields are compared with those of the notes and bonds of like maturity on the same day; for differences
-- below five basis points a year or five cents of price a ratio means nothing. Amounts are compared with the
-- issue's own, and less strictly with the others of the day.
examined as (

    select
        measured.* replace (
            case
                when measured.own_reason is not null then measured.own_reason
                when
                    measured.is_plain
                    and measured.near_count > {{ var('min_earlier_count') }}
                    and abs(365 * (measured.daily_yield_dec - measured.near_yield_dec))
                    > 0.0005 + 0.0005 * 365 / measured.days_to_maturity
                    and {{ in_another_unit('abs(measured.daily_yield_dec)', 'abs(measured.near_yield_dec)') }}
                    then 'yield_unit_suspect'
                when
                    if(
                        measured.earlier_amount_usd is null,
                        {{ in_another_unit(
                            'measured.known_amount_usd', 'measured.usual_amount_usd', ratio=30
                        ) }},
                        {{ in_another_unit('measured.known_amount_usd', 'measured.earlier_amount_usd') }}
                        and {{ in_another_unit(
                            'measured.known_amount_usd', 'measured.usual_amount_usd', ratio=3
                        ) }}
                    )
                    then 'public_amount_unit_suspect'
            end as own_reason
        )
    from measured

),

final as (

    select
        examined.source_row_number,
        coalesce(examined.issue_row_number, 0) as issue_row_number,
        examined.treasury_code,
        examined.treasury_number,
        examined.quote_date,
        examined.month_end_date,
        examined.maturity_date,
        examined.issue_type_code,
        examined.public_amount_usd,
        2 * (exp(365 * examined.daily_yield_dec / 2) - 1) as bond_equivalent_yield_dec,
        {{ first_fault(['daily_yield_dec', 'maturity_date']) }} as fault_reason,
        if(examined.is_plain, null, 'not_a_plain_note_or_bond') as screen_reason,
        examined.raw_row_json
    from examined
    window
        {{ key_windows(
            ['treasury_code', 'treasury_number', 'quote_date'],
            ['source_row_number', 'issue_row_number']
        ) }}

)

select * from final
