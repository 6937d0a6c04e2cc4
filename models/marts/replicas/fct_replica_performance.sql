-- Performance of every run as the replaced systems measure it, kept to compare with printed figures: the
-- macro-credit notebook (macrocredit_) and the aponyx engine (aponyx_).
-- Grain: one row per run_id.

select
    strategies.strategy_code,
    strategies.method,
    macrocredit.* replace (macrocredit.macrocredit_trade_count::integer as macrocredit_trade_count),
    aponyx.* exclude (aponyx.run_id) replace (
        aponyx.aponyx_trade_count::integer as aponyx_trade_count,
        aponyx.aponyx_drawdown_count::integer as aponyx_drawdown_count
    )
from {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies
inner join {{ ref('int_macrocredit__performance_measured') }} as macrocredit
    on strategies.run_id = macrocredit.run_id
inner join {{ ref('int_aponyx__performance_measured') }} as aponyx on strategies.run_id = aponyx.run_id
