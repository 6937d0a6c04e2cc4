-- Performance of every run that keeps its sessions as the replaced systems measure it: the macro-credit notebook (macrocredit_) and the
-- aponyx engine (aponyx_), kept to compare with printed figures.
-- Grain: one row per run_id.

with

strategies as (

    select * from {{ ref('int_cdx_overlay__runs_kept') }}

),

macrocredit as (

    select * from {{ ref('int_macrocredit__performance_measured') }}

),

aponyx as (

    select * from {{ ref('int_aponyx__performance_measured') }}

),

final as (

    select
        strategies.run_id,
        strategies.strategy_code,
        strategies.method,
        macrocredit.macrocredit_total_return_usd,
        macrocredit.macrocredit_annualised_return_usd,
        macrocredit.macrocredit_annualised_volatility_usd,
        macrocredit.macrocredit_sharpe_ratio,
        macrocredit.macrocredit_sortino_ratio,
        macrocredit.macrocredit_max_drawdown_usd,
        macrocredit.macrocredit_calmar_ratio,
        macrocredit.macrocredit_hit_rate_share,
        macrocredit.macrocredit_avg_win_usd,
        macrocredit.macrocredit_avg_loss_usd,
        macrocredit.macrocredit_win_loss_ratio,
        macrocredit.macrocredit_trade_count::integer as macrocredit_trade_count,
        macrocredit.macrocredit_avg_holding_sessions,
        macrocredit.macrocredit_status,
        aponyx.aponyx_total_return_dec,
        aponyx.aponyx_annualised_return_dec,
        aponyx.aponyx_annualised_volatility_dec,
        aponyx.aponyx_sharpe_ratio,
        aponyx.aponyx_sortino_ratio,
        aponyx.aponyx_max_drawdown_dec,
        aponyx.aponyx_calmar_ratio,
        aponyx.aponyx_tail_ratio,
        aponyx.aponyx_profit_factor_ratio,
        aponyx.aponyx_drawdown_count::integer as aponyx_drawdown_count,
        aponyx.aponyx_rolling_sharpe_mean_ratio,
        aponyx.aponyx_rolling_sharpe_sd_ratio,
        aponyx.aponyx_trade_count::integer as aponyx_trade_count,
        aponyx.aponyx_hit_rate_share,
        aponyx.aponyx_avg_win_usd,
        aponyx.aponyx_avg_loss_usd,
        aponyx.aponyx_win_loss_ratio,
        aponyx.aponyx_avg_holding_sessions,
        aponyx.aponyx_max_drawdown_recovery_days,
        aponyx.aponyx_avg_recovery_days,
        aponyx.aponyx_consistency_share,
        aponyx.aponyx_alpha_dec,
        aponyx.aponyx_beta_ratio,
        aponyx.aponyx_information_ratio,
        aponyx.aponyx_r_squared_share,
        aponyx.aponyx_extended_rolling_sharpe_mean_ratio,
        aponyx.aponyx_extended_rolling_sharpe_sd_ratio,
        aponyx.aponyx_extended_tail_ratio,
        aponyx.aponyx_extended_profit_factor_ratio,
        aponyx.aponyx_status
    from strategies
    inner join macrocredit on strategies.run_id = macrocredit.run_id
    inner join aponyx on strategies.run_id = aponyx.run_id

)

select * from final
