-- Every trade from fill to fill, exit session and both costs included; an open trade has no exit date.
-- Grain: one row per run_id and trade_number.

select
    trades.*,
    strategies.strategy_code
from {{ ref('int_cdx_overlay__trades_collected') }} as trades
inner join {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies
    on trades.run_id = strategies.run_id
