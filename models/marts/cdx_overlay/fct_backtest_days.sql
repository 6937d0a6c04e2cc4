-- Every session of every run that keeps them: what was held, what it earned, what it cost.
-- Grain: one row per run_id and date.
-- The P&L of a day belongs to the position held into it; costs are booked at the fill.

select
    * exclude (gross_pnl_usd)
    rename (session_date as date, signal_z as signal, direction_sign as position)
from {{ ref('int_cdx_overlay__days_marked') }}
