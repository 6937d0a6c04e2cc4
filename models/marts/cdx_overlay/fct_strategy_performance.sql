-- Performance record of every run: standard definitions over declared capital, and beside them those of the
-- notebook (notebook_) and of the current engine (current_), which are kept to compare with printed figures.
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
        strategies.definition,
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
        measures.quality_status,
        measures.notebook_total_return_usd,
        measures.notebook_annualised_return_usd,
        measures.notebook_annualised_volatility_usd,
        measures.notebook_sharpe_ratio,
        measures.notebook_sortino_ratio,
        measures.notebook_max_drawdown_usd,
        measures.notebook_calmar_ratio,
        measures.notebook_hit_rate_share,
        measures.notebook_avg_win_usd,
        measures.notebook_avg_loss_usd,
        measures.notebook_win_loss_ratio,
        measures.notebook_trade_count::integer as notebook_trade_count,
        measures.notebook_avg_holding_sessions,
        measures.notebook_status,
        measures.current_total_return_dec,
        measures.current_annualised_return_dec,
        measures.current_annualised_volatility_dec,
        measures.current_sharpe_ratio,
        measures.current_sortino_ratio,
        measures.current_max_drawdown_dec,
        measures.current_calmar_ratio,
        measures.current_tail_ratio,
        measures.current_profit_factor_ratio,
        measures.current_drawdown_count::integer as current_drawdown_count,
        measures.current_rolling_sharpe_mean_ratio,
        measures.current_rolling_sharpe_sd_ratio,
        measures.current_trade_count::integer as current_trade_count,
        measures.current_hit_rate_share,
        measures.current_avg_win_usd,
        measures.current_avg_loss_usd,
        measures.current_win_loss_ratio,
        measures.current_avg_holding_sessions,
        measures.current_max_drawdown_recovery_days,
        measures.current_avg_recovery_days,
        measures.current_consistency_share,
        measures.current_alpha_dec,
        measures.current_beta_ratio,
        measures.current_information_ratio,
        measures.current_r_squared_share,
        measures.current_extended_rolling_sharpe_mean_ratio,
        measures.current_extended_rolling_sharpe_sd_ratio,
        measures.current_extended_tail_ratio,
        measures.current_extended_profit_factor_ratio,
        measures.current_status
    from strategies
    inner join measures on strategies.run_id = measures.run_id

)

select * from final
