-- Enabled strategies of the catalog, one more for every point of the grids that sweeps lay over them, and a
-- passive seller of protection on every enabled instrument.
-- Grain: one row per strategy_code.
-- A grid has a point for every combination of its parameters' values. A point is a run like any other: its
-- strategy, with the rules of the point in place of the strategy's own.

{% set rules = strategy_rules() %}

with recursive

strategies as (

    select *
    from {{ ref('strategies') }}
    where is_enabled

),

parameters as (

    select
        sweeps.*,
        row_number() over (
            partition by sweeps.sweep_code, sweeps.strategy_code order by sweeps.parameter
        ) as parameter_number,
        count(*) over (partition by sweeps.sweep_code, sweeps.strategy_code) as parameter_count
    from {{ ref('sweeps') }} as sweeps
    where sweeps.is_enabled

),

rules as (

    select
        parameters.*,
        parameters.parameter || '='
        || trim(unnest(string_split(parameters.parameter_values, ';'))) as rule
    from parameters

),

-- One parameter after another: every point so far, once for each value of the next parameter.
points as (

    select
        rules.sweep_code,
        rules.strategy_code,
        rules.parameter_number,
        rules.parameter_count,
        rules.rule as point_rules
    from rules
    where rules.parameter_number = 1
    union all
    select
        points.sweep_code,
        points.strategy_code,
        rules.parameter_number,
        points.parameter_count,
        points.point_rules || ',' || rules.rule as point_rules
    from points
    inner join rules
        on
            points.sweep_code = rules.sweep_code
            and points.strategy_code = rules.strategy_code
            and points.parameter_number + 1 = rules.parameter_number

),

swept as (

    select
        strategies.* replace (
            points.sweep_code || '[' || points.point_rules || ']' as strategy_code,
            {% for rule in rules -%}
                coalesce(
                    nullif(
                        regexp_extract(',' || points.point_rules || ',', ',{{ rule.name }}=([^,]*),', 1), ''
                    )::{{ rule.data_type }},
                    strategies.{{ rule.name }}
                ) as {{ rule.name }}{{ ',' if not loop.last }}
            {% endfor %}
        ),
        points.sweep_code,
        points.strategy_code as sweep_of
    from points
    inner join strategies on points.strategy_code = strategies.strategy_code
    where points.parameter_number = points.parameter_count

),

-- $1MM sold at the first close and held ever since: rolled with the index, at the costs of the instrument.
benchmarks as (

    select
        'passive@' || instruments.instrument_code as strategy_code,
        'standard' as method,
        'Protection sold on every session' as description,
        'always_sold' as signal_code,
        instruments.instrument_code,
        'binary' as sizing_mode,
        1.0 as position_size_mm,
        0 as signal_lag_sessions,
        coalesce(instruments.transaction_cost_bps, 0) as transaction_cost_bps,
        true as is_enabled,
        true as is_benchmark
    from {{ ref('instruments') }} as instruments
    where instruments.is_enabled

),

final as (

    select
        strategies.*,
        null::varchar as sweep_code,
        null::varchar as sweep_of,
        false as is_benchmark
    from strategies
    union all by name
    select
        swept.*,
        false as is_benchmark
    from swept
    union all by name
    select * from benchmarks

)

select * from final
