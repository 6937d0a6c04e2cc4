-- Every point of every sweep: what it varies, what it earned, and how its neighbours in the grid did.
-- Grain: one row per run_id.
-- A neighbour is a step away along one parameter, in the order of its values; on a plateau the median of the
-- neighbours is near the point itself, on a spike it is not.

with

points as (

    select
        trials.*,
        grid.point_values_json,
        grid.place_number,
        origins.trial_id = trials.trial_id as is_strategy,
        kept.run_id is not null as is_kept
    from {{ ref('int_cdx_overlay__trials_identified') }} as trials
    inner join {{ ref('int_cdx_overlay__sweep_points_listed') }} as grid
        on trials.strategy_code = grid.strategy_code
    inner join {{ ref('int_cdx_overlay__trials_identified') }} as origins
        on trials.sweep_of = origins.strategy_code
    left join {{ ref('int_cdx_overlay__runs_kept') }} as kept on trials.run_id = kept.run_id

),

axes as (

    select
        points.run_id,
        points.sweep_code,
        points.sweep_of,
        points.place_number,
        generate_subscripts(points.place_number, 1) as axis_number,
        unnest(points.place_number) as place
    from points

),

lines as (

    select
        axes.run_id,
        axes.sweep_code,
        axes.sweep_of,
        axes.axis_number,
        axes.place,
        list_concat(
            axes.place_number[1:axes.axis_number - 1], axes.place_number[axes.axis_number + 1:]
        ) as other_places,
        measures.sharpe_ratio,
        measures.total_net_pnl_usd
    from axes
    inner join {{ ref('int_cdx_overlay__sweep_points_measured') }} as measures
        on axes.run_id = measures.run_id

),

neighbours as (

    select
        lines.run_id,
        unnest([lag(lines.sharpe_ratio) over along, lead(lines.sharpe_ratio) over along])
            as sharpe_ratio,
        unnest([lag(lines.total_net_pnl_usd) over along, lead(lines.total_net_pnl_usd) over along])
            as total_net_pnl_usd
    from lines
    window
        along as (
            partition by lines.sweep_code, lines.sweep_of, lines.axis_number, lines.other_places
            order by lines.place
        )

),

plateaus as (

    select
        neighbours.run_id,
        count(*)::integer as neighbour_count,
        median(neighbours.sharpe_ratio) as neighbour_median_sharpe_ratio,
        median(neighbours.total_net_pnl_usd) as neighbour_median_net_pnl_usd,
        count_if(neighbours.total_net_pnl_usd > 0) / count(*) as neighbour_positive_share
    from neighbours
    where neighbours.total_net_pnl_usd is not null
    group by neighbours.run_id

),

final as (

    select
        points.run_id,
        points.strategy_code,
        points.sweep_code,
        points.sweep_of,
        points.method,
        points.family_code,
        points.trial_id,
        measures.leader_trial_id,
        points.signal_code,
        points.market_code,
        points.point_values_json,
        points.is_strategy,
        points.is_kept,
        points.capital_usd,
        measures.session_count::integer as session_count,
        measures.trade_count::integer as trade_count,
        measures.total_gross_pnl_usd,
        measures.total_cost_usd,
        measures.total_net_pnl_usd,
        measures.annualised_return_dec,
        measures.sharpe_ratio,
        measures.newey_west_t_ratio,
        measures.skewness_ratio,
        measures.kurtosis_ratio,
        measures.max_drawdown_usd,
        measures.hit_rate_share,
        measures.mean_holding_sessions,
        coalesce(plateaus.neighbour_count, 0) as neighbour_count,
        plateaus.neighbour_median_sharpe_ratio,
        plateaus.neighbour_median_net_pnl_usd,
        plateaus.neighbour_positive_share,
        measures.quality_status
    from points
    inner join {{ ref('int_cdx_overlay__sweep_points_measured') }} as measures
        on points.run_id = measures.run_id
    left join plateaus on points.run_id = plateaus.run_id

)

select * from final
