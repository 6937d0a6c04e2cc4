-- Strategies of this build with every rule spelled out.
-- Grain: one row per strategy_code.

select
    strategies.* exclude (
        strategies.data_set, strategies.leg_count, strategies.legs_json, strategies.signal_json,
        strategies.market_json, strategies.data_fingerprint, strategies.keeps_days
    )
from {{ ref('int_cdx_overlay__runs_kept') }} as strategies
