-- Enabled strategies of the catalog, one more for every point of the grids that sweeps lay over them, and a
-- passive seller of protection on every enabled instrument.
-- Grain: one row per strategy_code.
-- A point is a run like any other: its strategy, with the values of the point in place of its own.

with

strategies as (

    select *
    from {{ ref('strategies') }}
    where is_enabled

),

swept as (

    select
        strategies.* replace (
            points.strategy_code as strategy_code,
            points.signal_code as signal_code,
            {% for rule in swept_columns('strategies') if rule.name != 'signal_code' -%}
                coalesce(
                    (points.point_values_json ->> '{{ rule.name }}')::{{ rule.data_type }},
                    strategies.{{ rule.name }}
                ) as {{ rule.name }}{{ ',' if not loop.last }}
            {% endfor %}
        ),
        points.sweep_code,
        points.sweep_of
    from {{ ref('int_cdx_overlay__sweep_points_listed') }} as points
    inner join strategies on points.sweep_of = strategies.strategy_code

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

pairs as (

    select
        legs.strategy_code,
        count(*) as leg_count,
        string_agg(
            to_json(legs)::varchar || to_json(instruments)::varchar, '' order by leg_number  -- noqa
        ) as legs_json
    from {{ ref('strategy_legs') }} as legs
    inner join {{ ref('instruments') }} as instruments
        on legs.instrument_code = instruments.instrument_code
    group by legs.strategy_code

),

listed as (

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

),

final as (

    select
        listed.*,
        coalesce(pairs.strategy_code, listed.instrument_code) as market_code,
        coalesce(pairs.leg_count, 1) as leg_count,
        pairs.legs_json
    from listed
    left join pairs on coalesce(listed.sweep_of, listed.strategy_code) = pairs.strategy_code

)

select * from final
