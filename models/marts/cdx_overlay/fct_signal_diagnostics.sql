-- How well every score foretold the P&L of protection sold, and how slowly it fades, by horizon.
-- Grain: one row per score_code, instrument_code and horizon_sessions.

select
    diagnosed.* exclude (
        diagnosed.part, diagnosed.member, diagnosed.mean_pnl_usd_per_mm, diagnosed.correlation_ratio
    )
    replace (
        diagnosed.horizon_sessions::integer as horizon_sessions,
        diagnosed.newey_west_lag_sessions::integer as newey_west_lag_sessions,
        diagnosed.pair_count::integer as pair_count
    )
from {{ ref('int_cdx_overlay__signals_diagnosed') }} as diagnosed
where diagnosed.part = 'all'
