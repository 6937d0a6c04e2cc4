-- One line per strategy and passive seller: what it earned and cost, over how many trades, what the passive
-- seller earned on the same capital, and whether to believe it.
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
        strategies.is_benchmark,
        strategies.benchmark_code,
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
        performance.trial_count,
        performance.max_drawdown_usd,
        performance.hit_rate_share,
        performance.profit_factor_trade_ratio,
        performance.mean_holding_sessions,
        performance.exposure_share,
        performance.average_leverage_ratio,
        performance.peak_leverage_ratio,
        performance.best_year,
        performance.best_year_pnl_ratio,
        performance.best_day_pnl_ratio,
        performance.sharpe_without_best_year_ratio,
        performance.benchmark_net_pnl_usd,
        performance.excess_net_pnl_usd,
        performance.benchmark_sharpe_ratio,
        performance.alpha_dec,
        performance.alpha_t_ratio,
        performance.beta_ratio,
        performance.appraisal_ratio,
        performance.benchmark_correlation_ratio,
        performance.half_spread_cost_usd,
        performance.fee_cost_usd,
        performance.impact_cost_usd,
        performance.roll_cost_usd,
        performance.round_trip_cost_usd,
        performance.break_even_move_bps,
        performance.quality_status,
        verdicts.verdict,
        verdicts.sentence as verdict_sentence
    from {{ ref('dim_strategies') }} as strategies
    inner join {{ ref('fct_strategy_performance') }} as performance on strategies.run_id = performance.run_id
    inner join spans on strategies.run_id = spans.run_id
    left join {{ ref('fct_strategy_verdicts') }} as verdicts on strategies.run_id = verdicts.run_id
    where strategies.companion_of is null and strategies.sweep_code is null

)

select * from final
