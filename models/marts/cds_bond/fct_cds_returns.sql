-- Monthly return on protection sold, by name and tenor: correct, and as the published code computes it.
-- Grain: one row per ticker, tenor_code and month_end_date.
-- Sign: positive = the seller of protection gains; the published number mixes both sides and is nobody's
-- gain.
-- Formula: product of (1 + daily return) over the month, less 1. A day belongs to the month in which it
-- ends.

with

day_returns as (

    select * from {{ ref('int_cds_bond__cds_day_returns_computed') }}
    where series_kind = 'contract'

),

-- One sort per month for all its sums and products.
listed as (

    select
        series_code as ticker,
        tenor_code,
        month_end_date,
        quintile_number,
        max(gap_days) as longest_gap_days,
        list(carry_return_dec order by quote_date) as carries,
        list(spread_return_dec order by quote_date) as spread_gains,
        list(1 + carry_return_dec + spread_return_dec order by quote_date) as day_growths,
        list(1 + published_return_dec order by quote_date) as published_growths
    from day_returns
    group by series_code, tenor_code, month_end_date, quintile_number

),

months as (

    select
        listed.*,
        len(listed.carries) as day_count,
        case
            when listed.longest_gap_days > {{ var('max_quote_gap_days') }} then 'quote_gap'
            when list_count(listed.spread_gains) < len(listed.spread_gains) then 'no_curve'
            else 'ok'
        end as return_status,
        -- One day without a curve, such as a bank holiday with quotes, spoils a published month.
        if(
            list_count(listed.published_growths) < len(listed.published_growths),
            'no_curve_on_a_quote_day',
            'ok'
        ) as published_status
    from listed

),

final as (

    select
        months.ticker,
        months.tenor_code,
        months.month_end_date,
        months.quintile_number,
        months.day_count,
        months.longest_gap_days,
        if(
            months.return_status = 'ok',
            list_product(months.day_growths) - 1,
            null
        ) as return_dec,
        if(months.return_status = 'ok', list_sum(months.carries), null) as carry_return_dec,
        if(months.return_status = 'ok', list_sum(months.spread_gains), null) as spread_return_dec,
        if(
            months.published_status = 'ok',
            list_product(months.published_growths) - 1,
            null
        ) as published_return_dec,
        months.return_status,
        months.published_status
    from months

)

select * from final
