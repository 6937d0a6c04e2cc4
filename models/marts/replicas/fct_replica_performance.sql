-- Performance of every run that keeps its sessions, as the replaced systems measure it: the
-- macro-credit notebook (macrocredit_) and the aponyx engine (aponyx_). Kept for comparison with printed figures.
-- Grain: one row per run_id.

select
    strategies.strategy_code,
    strategies.method,
    macrocredit.* replace (macrocredit.macrocredit_trade_count::integer as macrocredit_trade_count),
    aponyx.* exclude (aponyx.run_id) replace (
        aponyx.aponyx_trade_count::integer as aponyx_trade_count,
        aponyx.aponyx_drawdown_count::integer as aponyx_drawdown_count
    )
from {{ ref('int_cdx_overlay__runs_kept') }} as strategies
inner join {{ ref('int_macrocredit__performance_measured') }} as macrocredit
    on strategies.run_id = macrocredit.run_id
inner join {{ ref('int_aponyx__performance_measured') }} as aponyx on strategies.run_id = aponyx.run_id
