-- Strategies of this build with every rule spelled out.
-- Grain: one row per strategy_code.

with

strategies as (

    select * from {{ ref('int_cdx_overlay__strategies_resolved') }}

),

final as (

    select
        strategies.strategy_code,
        strategies.companion_of,
        strategies.sweep_code,
        strategies.sweep_of,
        strategies.run_id,
        strategies.definition,
        strategies.description,
        strategies.signal_code,
        strategies.instrument_code,
        strategies.sizing_mode,
        strategies.position_size_mm,
        strategies.position_cap_mm,
        strategies.entry_threshold,
        strategies.exit_threshold,
        strategies.entry_comparison,
        strategies.exit_basis,
        strategies.opposite_signal_policy,
        strategies.stop_basis,
        strategies.stop_loss_pct,
        strategies.take_profit_pct,
        strategies.stop_loss_bps,
        strategies.take_profit_bps,
        strategies.stop_loss_sigma,
        strategies.take_profit_sigma,
        strategies.stop_timing,
        strategies.max_holding_sessions,
        strategies.cooldown_release,
        strategies.cooldown_sessions,
        strategies.missing_signal_policy,
        strategies.infinite_signal_policy,
        strategies.signal_lag_sessions,
        strategies.lag_basis,
        strategies.transaction_cost_bps,
        strategies.transaction_cost_pct,
        strategies.roll_cost_bps,
        strategies.cost_unit,
        strategies.reversal_pnl_owner,
        strategies.rebalance_band_share,
        strategies.dv01_usd_per_bp_per_mm,
        strategies.pnl_model,
        strategies.capital_usd
    from strategies

)

select * from final
