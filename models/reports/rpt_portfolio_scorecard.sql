-- One line per portfolio: what it earned and cost, what it risked, and how often it was beyond a limit.
-- Grain: one row per book_code.

with

days as (

    select * from {{ ref('fct_portfolio_days') }}
    where book_kind = 'portfolio'

),

members as (

    select
        portfolios.portfolio_code as book_code,
        string_agg(
            portfolios.weight_ratio || ' x ' || portfolios.strategy_code,
            ' + ' order by portfolios.strategy_code
        ) as members,
        max(portfolios.weighting) as weighting,
        max(portfolios.netting) as netting
    from {{ ref('portfolios') }} as portfolios
    group by portfolios.portfolio_code

),

breaches as (

    select
        breaches.book_code,
        count(*) as breach_count,
        count(distinct breaches.limit_code) as breached_limit_count
    from {{ ref('fct_limit_breaches') }} as breaches
    group by breaches.book_code

),

summed as (

    select
        days.book_code,
        min(days.date) as first_date,
        max(days.date) as last_date,
        count(*) as session_count,
        max(days.absent_member_count) as absent_member_count,
        max(days.capital_usd) as capital_usd,
        {{ exact_sum('days.net_pnl_usd', 'usd') }} as total_net_pnl_usd,
        {{ exact_sum('days.net_pnl_usd * days.net_pnl_usd', 'usd') }} as squares,
        {{ exact_sum('days.trading_cost_usd + days.roll_cost_usd', 'usd') }} as total_cost_usd,
        {{ exact_sum('days.netting_saving_usd', 'usd') }} as netting_saving_usd,
        min(days.drawdown_usd) as max_drawdown_usd,
        min(days.net_pnl_usd) as worst_day_usd,
        max(days.leverage_ratio) as peak_leverage_ratio,
        max(abs(days.dv01_usd_per_bp)) as peak_dv01_usd_per_bp,
        min(days.jump_to_default_usd) as worst_jump_to_default_usd
    from days
    group by days.book_code

),

annualised as (

    select
        summed.*,
        sqrt(
            (summed.squares - summed.total_net_pnl_usd * summed.total_net_pnl_usd / summed.session_count)
            / nullif(summed.session_count - 1, 0)
        ) as deviation_usd,
        (summed.session_count - 1) * 365.25
        / nullif(date_diff('day', summed.first_date, summed.last_date), 0) as delivered_rate_ratio,
        -- As in fct_strategy_performance: 252 of daily data, else what there is.
        if(delivered_rate_ratio < 0.9 * 252, delivered_rate_ratio, 252) as sessions_per_year_ratio
    from summed

),

final as (

    select
        annualised.book_code,
        members.members,
        members.weighting,
        members.netting,
        annualised.first_date,
        annualised.last_date,
        annualised.session_count,
        annualised.absent_member_count,
        annualised.capital_usd,
        annualised.total_net_pnl_usd,
        annualised.total_cost_usd,
        annualised.netting_saving_usd,
        annualised.deviation_usd * sqrt(annualised.sessions_per_year_ratio)
            as annual_volatility_usd,
        annualised.total_net_pnl_usd / annualised.session_count
        / nullif(annualised.deviation_usd, 0) * sqrt(annualised.sessions_per_year_ratio)
            as sharpe_ratio,
        annualised.max_drawdown_usd,
        annualised.worst_day_usd,
        annualised.peak_leverage_ratio,
        annualised.peak_dv01_usd_per_bp,
        annualised.worst_jump_to_default_usd,
        coalesce(breaches.breach_count, 0) as breach_count,
        coalesce(breaches.breached_limit_count, 0) as breached_limit_count
    from annualised
    inner join members on annualised.book_code = members.book_code
    left join breaches on annualised.book_code = breaches.book_code

)

select * from final
