-- Every session of the variants of strategies that keep them: companions under the other P&L model, and
-- points of sweeps.
-- Grain: one row per run_id and date.
-- Drops: strategies and passive sellers, which fct_backtest_days has.

select
    * exclude (gross_pnl_usd)
    rename (session_date as date, signal_z as signal, direction_sign as position)
from {{ ref('int_cdx_overlay__days_marked') }}
where
    run_id in (
        select runs.run_id from {{ ref('int_cdx_overlay__runs_kept') }} as runs
        where runs.companion_of is not null or runs.sweep_code is not null
    )
