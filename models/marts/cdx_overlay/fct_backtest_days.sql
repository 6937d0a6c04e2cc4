-- Every session of every run that keeps them: what was held, what it earned, what it cost.
-- Grain: one row per run_id and date.
-- The P&L of a day belongs to the position held into it; costs are booked at the fill.

select
    days.* exclude (days.session_date, days.signal_z, days.direction_sign, days.gross_pnl_usd),
    days.session_date as date,
    days.signal_z as signal,
    days.direction_sign as position
from {{ ref('int_cdx_overlay__days_marked') }} as days
