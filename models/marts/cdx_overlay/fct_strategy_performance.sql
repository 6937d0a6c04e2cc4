-- Performance record of every run: additive returns on declared capital, every session counted.
-- Grain: one row per run_id.

with

measures as (

    select * from {{ ref('int_cdx_overlay__performance_measured') }}

),

strategies as (

    select * from {{ ref('int_cdx_overlay__strategies_resolved') }}

),

final as (

    select
        strategies.run_id,
        strategies.strategy_code,
        strategies.method,
        strategies.capital_usd,
        measures.session_count::integer as session_count,
        measures.trade_count::integer as trade_count,
        measures.total_gross_pnl_usd,
        measures.total_cost_usd,
        measures.total_net_pnl_usd,
        measures.annualised_return_dec,
        measures.annualised_volatility_dec,
        measures.sharpe_ratio,
        measures.session_sharpe_ratio,
        measures.sharpe_lo_error_ratio,
        measures.sharpe_mertens_error_ratio,
        measures.mean_t_ratio,
        measures.newey_west_lag_sessions::integer as newey_west_lag_sessions,
        measures.newey_west_t_ratio,
        measures.sharpe_newey_west_ratio,
        measures.sharpe_lo_ratio,
        measures.probabilistic_sharpe_share,
        measures.deflated_sharpe_share,
        measures.runs_tried_count::integer as runs_tried_count,
        measures.min_track_record_sessions,
        measures.sortino_ratio,
        measures.max_drawdown_usd,
        measures.max_drawdown_dec,
        measures.max_drawdown_geometric_dec,
        measures.calmar_ratio,
        measures.hit_rate_share,
        measures.avg_win_usd,
        measures.avg_loss_usd,
        measures.win_loss_ratio,
        measures.profit_factor_trade_ratio,
        measures.profit_factor_session_ratio,
        measures.mean_holding_sessions,
        measures.turnover_ratio,
        measures.exposure_share,
        measures.skewness_ratio,
        measures.kurtosis_ratio,
        measures.skewness_adjusted_ratio,
        measures.excess_kurtosis_adjusted_ratio,
        measures.var_historical_dec,
        measures.cvar_historical_dec,
        measures.tail_ratio,
        measures.var_gaussian_dec,
        measures.cvar_gaussian_dec,
        measures.quality_status
    from strategies
    inner join measures on strategies.run_id = measures.run_id

)

select * from final
