-- Runs whose sessions are kept: every strategy of the catalog, its companion, the best points of each sweep.
-- Grain: one row per strategy_code.
-- Drops: points beyond the best of their sweep and strategy, by Sharpe ratio, and runs on quoted twins of
-- scores; fct_strategy_performance has them all.

with

strategies as (

    select * from {{ ref('int_cdx_overlay__strategies_resolved') }}

),

performance as (

    select * from {{ ref('int_cdx_overlay__performance_measured') }}

),

ranked as (

    select
        strategies.strategy_code,
        row_number() over (
            partition by strategies.sweep_code, strategies.sweep_of
            order by performance.sharpe_ratio desc nulls last, strategies.strategy_code asc
        ) as point_rank
    from strategies
    inner join performance on strategies.run_id = performance.run_id
    where strategies.sweep_code is not null

),

final as (

    select
        strategies.* exclude (
            strategies.signal_json, strategies.market_json, strategies.data_fingerprint
        )
    from strategies
    left join ranked on strategies.strategy_code = ranked.strategy_code
    where
        (strategies.sweep_code is null and not strategies.signal_code like '%@quoted')
        or ranked.point_rank <= {{ var('kept_points_per_sweep') }}

)

select * from final
