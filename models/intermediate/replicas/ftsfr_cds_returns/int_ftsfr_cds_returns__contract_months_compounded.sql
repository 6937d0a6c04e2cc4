-- Monthly return by name and tenor as the published code computes it.
-- Grain: one row per ticker, tenor_code and month_end_date.
-- Formula: product of (1 + daily return) over the month, less 1. A day belongs to the month in which it
-- ends; one day without a curve, such as a bank holiday with quotes, spoils the month.

with

months as (

    select
        series_code as ticker,
        tenor_code,
        month_end_date,
        quintile_number,
        count(*) as day_count,
        max(gap_days) as longest_gap_days,
        if(count(return_dec) < count(*), 'no_curve_on_a_quote_day', 'ok') as return_status,
        {{ compounded_return('return_dec') }} as return_dec
    from {{ ref('int_ftsfr_cds_returns__day_returns_computed') }}
    where series_kind = 'contract'
    group by series_code, tenor_code, month_end_date, quintile_number

),

final as (

    select
        months.ticker as entity_code,
        months.ticker,
        months.tenor_code,
        months.month_end_date,
        months.quintile_number,
        months.day_count,
        months.longest_gap_days,
        months.return_status,
        if(months.return_status = 'ok', months.return_dec, null) as return_dec,
        'not_in_method' as exact_status
    from months

)

select * from final
