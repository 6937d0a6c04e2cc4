-- One line per strategy: what it earned and cost, over how many trades, and whether to believe it.
-- Grain: one row per strategy_code.
-- Drops: companion runs, which rpt_pnl_models shows beside their strategies, and points of sweeps,
-- of which there may be thousands.

with

spans as (

    select
        days.run_id,
        min(days.date) as first_date,
        max(days.date) as last_date
    from {{ ref('fct_backtest_days') }} as days
    group by days.run_id

),

final as (

    select
        strategies.strategy_code,
        strategies.method,
        strategies.description,
        strategies.signal_code,
        strategies.instrument_code,
        strategies.pnl_model,
        spans.first_date,
        spans.last_date,
        performance.session_count,
        performance.trade_count,
        performance.total_gross_pnl_usd,
        performance.total_cost_usd,
        performance.total_net_pnl_usd,
        performance.sharpe_ratio,
        performance.newey_west_t_ratio,
        performance.deflated_sharpe_share,
        performance.runs_tried_count,
        performance.max_drawdown_usd,
        performance.hit_rate_share,
        performance.profit_factor_trade_ratio,
        performance.mean_holding_sessions,
        performance.exposure_share,
        performance.quality_status
    from {{ ref('dim_strategies') }} as strategies
    inner join {{ ref('fct_strategy_performance') }} as performance on strategies.run_id = performance.run_id
    inner join spans on strategies.run_id = spans.run_id
    where strategies.companion_of is null and strategies.sweep_code is null

)

select * from final
