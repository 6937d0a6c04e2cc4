-- What every strategy earned by month and where it came from, and its Sharpe ratio over the year up to then.
-- Grain: one row per strategy_code and month_end_date.
-- Drops: nothing; fct_backtest_days has neither companions nor points of sweeps.

{% set sessions = 252 %}
{% set parts = [
    'coupon_pnl_usd', 'time_pnl_usd', 'roll_pnl_usd', 'spread_pnl_usd', 'rates_pnl_usd', 'default_pnl_usd',
    'financing_pnl_usd', 'cost_usd', 'net_pnl_usd'
] %}

with

days as (

    select
        days.*,
        days.net_pnl_usd / strategies.capital_usd as return_dec,
        last_day(days.date) as month_end_date
    from {{ ref('fct_backtest_days') }} as days
    inner join {{ ref('dim_strategies') }} as strategies on days.run_id = strategies.run_id

),

rolling as (

    select
        days.*,
        {{ rolling_mean('days.return_dec', '0.0', 'last_year', sessions) }}
        / {{ rolling_deviation('days.return_dec', '0.0', 'last_year', sessions) }}
        * sqrt({{ sessions }}) as rolling_sharpe_ratio
    from days
    window
        last_year as (
            partition by days.run_id order by days.date
            rows between {{ sessions - 1 }} preceding and current row
        )

),

final as (

    select
        rolling.strategy_code,
        rolling.month_end_date,
        max(rolling.date) as last_date,
        count(*)::integer as session_count,
        {% for part in parts -%}
            {{ exact_sum('rolling.' ~ part, 'usd') }} as {{ part }},
        {% endfor -%}
        {{ exact_sum('rolling.return_dec', 'dec') }} as return_dec,
        max_by(rolling.rolling_sharpe_ratio, rolling.date) as rolling_sharpe_ratio
    from rolling
    group by rolling.strategy_code, rolling.month_end_date

)

select * from final
