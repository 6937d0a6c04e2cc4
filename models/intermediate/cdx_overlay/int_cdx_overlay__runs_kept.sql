-- Runs with a record of their own: every strategy of the catalog, its companions, the passive sellers, and
-- the points that their sweep keeps.
-- Grain: one row per strategy_code.
-- Tie-break: the best points are those of the highest Sharpe ratio, of equals the first by name.
-- Drops: points that keep_days of their sweep does not keep; fct_sweep_points has them all.
-- Runs on quoted twins of scores have a record and no days.

with

strategies as (

    select * from {{ ref('int_cdx_overlay__strategies_resolved') }}

),

ranked as (

    select
        points.strategy_code,
        points.keep_days,
        row_number() over (
            partition by points.sweep_code, points.sweep_of
            order by measures.sharpe_ratio desc nulls last, points.strategy_code asc
        ) as point_rank
    from {{ ref('int_cdx_overlay__sweep_points_listed') }} as points
    inner join strategies on points.strategy_code = strategies.strategy_code
    inner join {{ ref('int_cdx_overlay__sweep_points_measured') }} as measures
        on strategies.run_id = measures.run_id

),

final as (

    select
        strategies.*,
        not strategies.signal_code like '%@quoted' as keeps_days
    from strategies
    left join ranked on strategies.strategy_code = ranked.strategy_code
    where
        strategies.sweep_code is null
        or ranked.keep_days = 'all'
        or ranked.point_rank <= try_cast(split_part(ranked.keep_days, ':', 2) as integer)

)

select * from final
