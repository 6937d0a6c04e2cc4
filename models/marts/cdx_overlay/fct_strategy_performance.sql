-- Performance record of every run: additive returns on declared capital, every session counted.
-- Grain: one row per run_id.

select
    strategies.strategy_code,
    strategies.method,
    strategies.is_benchmark,
    strategies.benchmark_code,
    strategies.capital_usd,
    measures.* replace (
        measures.session_count::integer as session_count,
        measures.trade_count::integer as trade_count,
        measures.benchmark_session_count::integer as benchmark_session_count,
        measures.newey_west_lag_sessions::integer as newey_west_lag_sessions,
        measures.runs_tried_count::integer as runs_tried_count
    )
from {{ ref('int_cdx_overlay__runs_kept') }} as strategies
inner join {{ ref('int_cdx_overlay__performance_measured') }} as measures
    on strategies.run_id = measures.run_id
