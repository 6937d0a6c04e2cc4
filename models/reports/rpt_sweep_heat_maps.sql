-- Every sweep as a map: the Sharpe ratio over its two longest axes, the median over all others.
-- Grain: one row per sweep_code, sweep_of, x_value and y_value.
-- Tie-break: of axes of one length the first by name. A sweep along one axis has an empty y_value.

with

points as (

    select * from {{ ref('fct_sweep_points') }}

),

parameters as (

    select
        points.run_id,
        points.sweep_code,
        points.sweep_of,
        points.point_values_json,
        unnest(json_keys(points.point_values_json)) as parameter
    from points

),

axes as (

    select
        parameters.sweep_code,
        parameters.sweep_of,
        parameters.parameter,
        row_number() over (
            partition by parameters.sweep_code, parameters.sweep_of
            order by
                count(distinct parameters.point_values_json ->> parameters.parameter) desc,
                parameters.parameter asc
        ) as axis_number,
        count(*) over (partition by parameters.sweep_code, parameters.sweep_of) as axis_count
    from parameters
    group by parameters.sweep_code, parameters.sweep_of, parameters.parameter

),

placed as (

    select
        points.*,
        across.axis_count,
        across.parameter as x_parameter,
        points.point_values_json ->> across.parameter as x_value,
        coalesce(upward.parameter, '') as y_parameter,
        coalesce(points.point_values_json ->> upward.parameter, '') as y_value
    from points
    inner join axes as across
        on
            points.sweep_code = across.sweep_code
            and points.sweep_of = across.sweep_of
            and across.axis_number = 1
    left join axes as upward
        on
            points.sweep_code = upward.sweep_code
            and points.sweep_of = upward.sweep_of
            and upward.axis_number = 2

),

final as (

    select
        placed.sweep_code,
        placed.sweep_of,
        placed.x_parameter,
        placed.x_value,
        placed.y_parameter,
        placed.y_value,
        max(placed.axis_count) as axis_count,
        count(*) as point_count,
        median(placed.sharpe_ratio) as median_sharpe_ratio,
        median(placed.total_net_pnl_usd) as median_net_pnl_usd,
        count_if(placed.total_net_pnl_usd > 0) / count(*) as positive_share,
        bool_or(placed.is_strategy) as is_strategy
    from placed
    group by
        placed.sweep_code,
        placed.sweep_of,
        placed.x_parameter,
        placed.x_value,
        placed.y_parameter,
        placed.y_value

)

select * from final
