-- Every session of every run that keeps them: what was held, what it earned, what it cost.
-- Grain: one row per run_id and date.
-- The P&L of a day belongs to the position held into it; costs are booked at the fill.

with

days as (

    select * from {{ ref('int_cdx_overlay__days_marked') }}

),

final as (

    select
        days.run_id,
        days.session_date as date,
        days.strategy_code,
        days.instrument_code,
        days.signal_z as signal,
        days.direction_sign as position,
        days.position_notional_mm,
        days.held_sessions,
        days.held_trade_number,
        days.open_trade_number,
        days.spread_bps,
        days.series_number,
        days.is_roll_day,
        days.exit_reason,
        days.coupon_pnl_usd,
        days.time_pnl_usd,
        days.carry_pnl_usd,
        days.roll_pnl_usd,
        days.spread_pnl_usd,
        days.rates_pnl_usd,
        days.constant_dv01_pnl_usd,
        days.opening_cost_usd,
        days.closing_cost_usd,
        days.roll_cost_usd,
        days.cost_usd,
        days.net_pnl_usd,
        days.cumulative_pnl_usd,
        days.drawdown_usd,
        days.day_status
    from days

)

select * from final
