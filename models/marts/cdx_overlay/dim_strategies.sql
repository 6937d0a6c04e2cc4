-- Strategies of this build with every rule spelled out.
-- Grain: one row per strategy_code.

select strategies.* exclude (strategies.data_set, signal_json, market_json, data_fingerprint)
from {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies
