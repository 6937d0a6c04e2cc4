-- Monthly return on protection sold, by name and tenor.
-- Grain: one row per method, ticker, tenor_code and month_end_date.
-- Sign: positive = the seller of protection gains; ftsfr_cds_returns mixes both sides and is nobody's gain.
-- Formula: product of (1 + daily return) over the month, less 1. A day belongs to the month in which it
-- ends.

with

-- One sort per month for all its sums and products.
listed as (

    select
        ticker,
        tenor_code,
        month_end_date,
        quintile_number,
        count(*) as day_count,
        max(gap_days) as longest_gap_days,
        list(carry_return_dec order by quote_date) as carries,
        list(spread_return_dec order by quote_date) as spread_gains,
        list(1 + carry_return_dec + spread_return_dec order by quote_date) as day_growths
    from {{ ref('int_cds_bond__cds_day_returns_computed') }}
    group by ticker, tenor_code, month_end_date, quintile_number

),

months as (

    select
        listed.*,
        case
            when listed.longest_gap_days > {{ var('max_quote_gap_days') }} then 'quote_gap'
            when list_count(listed.spread_gains) < listed.day_count then 'no_curve'
            else 'ok'
        end as return_status
    from listed

),

final as (

    select
        'standard' as method,
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
        months.return_status
    from months
    {{ stack_replicas('cds_returns') }}

)

select * from final
