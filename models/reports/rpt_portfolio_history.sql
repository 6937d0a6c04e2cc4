-- Exposure, cumulative net P&L and drawdown of every portfolio at the last session of every week.
-- Grain: one row per book_code and date.

select
    days.book_code,
    days.date,
    days.gross_notional_mm,
    days.net_notional_mm,
    days.dv01_usd_per_bp,
    days.jump_to_default_usd,
    days.cumulative_pnl_usd,
    days.drawdown_usd
from {{ ref('fct_portfolio_days') }} as days
where days.book_kind = 'portfolio'
qualify
    row_number() over (
        partition by days.book_code, date_trunc('week', days.date)
        order by days.date desc
    ) = 1
