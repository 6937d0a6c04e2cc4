-- Monthly return on protection sold, by name and tenor.
-- Grain: one row per method, ticker, tenor_code and month_end_date.
-- Sign: positive = the seller of protection gains; ftsfr_cds_returns mixes both sides and is nobody's gain.
-- Formula: product of (1 + daily return) over the month, less 1. A day belongs to the month in which it
-- ends.

with

months as (

    select
        ticker,
        tenor_code,
        month_end_date,
        quintile_number,
        count(*) as day_count,
        max(gap_days) as longest_gap_days,
        case
            when max(gap_days) > {{ var('max_quote_gap_days') }} then 'quote_gap'
            when count(spread_return_dec) < count(*) then 'no_curve'
            else 'ok'
        end as return_status,
        {{ compounded_return('(carry_return_dec + spread_return_dec)') }} as return_dec,
        {{ exact_sum('carry_return_dec', 'dec') }} as carry_return_dec,
        {{ exact_sum('spread_return_dec', 'dec') }} as spread_return_dec
    from {{ ref('int_cds_bond__cds_day_returns_computed') }}
    group by ticker, tenor_code, month_end_date, quintile_number

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
        if(months.return_status = 'ok', months.return_dec, null) as return_dec,
        if(months.return_status = 'ok', months.carry_return_dec, null) as carry_return_dec,
        if(months.return_status = 'ok', months.spread_return_dec, null) as spread_return_dec,
        months.return_status
    from months
    {{ stack_replicas('cds_returns') }}

)

select * from final
