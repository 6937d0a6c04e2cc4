-- Performance record of every run: additive returns on declared capital, every session counted.
-- Grain: one row per run_id.
-- Trials are those of the family in all builds that the run ledger remembers, as in fct_selection_tests.

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
        measures.newey_west_lag_sessions::integer as newey_west_lag_sessions
    ),
    tests.deflated_sharpe_share,
    tests.trial_count::integer as trial_count
from {{ ref('int_cdx_overlay__runs_kept') }} as strategies
inner join {{ ref('int_cdx_overlay__performance_measured') }} as measures
    on strategies.run_id = measures.run_id
inner join {{ ref('int_cdx_overlay__selection_tested') }} as tests
    on strategies.run_id = tests.run_id
