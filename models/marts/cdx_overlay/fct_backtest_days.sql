-- Every session of every strategy and passive seller: what was held, what it earned, what it cost.
-- Grain: one row per run_id and date.
-- The P&L of a day belongs to the position held into it; costs are booked at the fill.
-- Drops: companions and points of sweeps, which fct_variant_days has: the P&L of a strategy once more.

select
    * exclude (gross_pnl_usd)
    rename (session_date as date, signal_z as signal, direction_sign as position)
from {{ ref('int_cdx_overlay__days_marked') }}
where
    run_id in (
        select runs.run_id from {{ ref('int_cdx_overlay__runs_kept') }} as runs
        where runs.companion_of is null and runs.sweep_code is null
    )
