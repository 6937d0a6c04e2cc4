-- Monthly return by name and tenor as the published code computes it.
-- Grain: one row per ticker, tenor_code and month_end_date.
-- Formula: product of (1 + daily return) over the month, less 1. A day belongs to the month in which it
-- ends; one day without a curve, such as a bank holiday with quotes, spoils the month.

with

listed as (

    select
        series_code as ticker,
        tenor_code,
        month_end_date,
        quintile_number,
        count(*) as day_count,
        max(gap_days) as longest_gap_days,
        list(1 + return_dec order by quote_date) as day_growths
    from {{ ref('int_ftsfr_cds_returns__day_returns_computed') }}
    where series_kind = 'contract'
    group by series_code, tenor_code, month_end_date, quintile_number

),

final as (

    select
        listed.ticker,
        listed.tenor_code,
        listed.month_end_date,
        listed.quintile_number,
        listed.day_count,
        listed.longest_gap_days,
        if(
            list_count(listed.day_growths) < listed.day_count,
            'no_curve_on_a_quote_day',
            'ok'
        ) as return_status,
        if(return_status = 'ok', list_product(listed.day_growths) - 1, null) as return_dec
    from listed

)

select * from final
