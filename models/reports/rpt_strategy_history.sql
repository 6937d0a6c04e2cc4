-- Position, cumulative net P&L and drawdown of every strategy at the last session of every week.
-- Grain: one row per strategy_code and date.
-- Drops: companion runs, which rpt_pnl_models shows beside their strategies, and points of sweeps,
-- of which there may be thousands.

select
    days.strategy_code,
    days.date,
    strategies.method,
    days.instrument_code,
    days.spread_bps,
    days.position_notional_mm,
    days.cumulative_pnl_usd,
    days.drawdown_usd
from {{ ref('fct_backtest_days') }} as days
inner join {{ ref('dim_strategies') }} as strategies on days.run_id = strategies.run_id
qualify
    row_number() over (
        partition by days.strategy_code, date_trunc('week', days.date)
        order by days.date desc
    ) = 1
