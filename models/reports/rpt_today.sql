-- What each strategy holds at its last session, and at which level of the next close that changes.
-- Grain: one row per strategy_code.

{% set columns = [
    ('enter_long', 'enter_long_level_bps', 'enter_long_status'),
    ('enter_short', 'enter_short_level_bps', 'enter_short_status'),
    ('exit', 'exit_level_bps', 'exit_status'),
    ('reverse', 'reverse_level_bps', 'reverse_status'),
    ('stop_loss', 'stop_loss_level_bps', 'stop_loss_status'),
    ('take_profit', 'take_profit_level_bps', 'take_profit_status'),
] %}

with

days as (

    select * from {{ ref('fct_backtest_days') }}
    qualify row_number() over (partition by run_id order by date desc) = 1

),

thresholds as (

    select
        levels.run_id,
        max(levels.date) as date,
        max(levels.instrument_code) as level_instrument_code,
        max(levels.spread_bps) as spread_bps,
        max(levels.score) as score,
        max(levels.next_action) as next_action,
        {% for code, level, status in columns -%}
            max(levels.level_bps) filter (where levels.threshold_code = '{{ code }}') as {{ level }},
            coalesce(
                max(levels.level_status) filter (where levels.threshold_code = '{{ code }}'), 'no_such_rule'
            ) as {{ status }},
        {% endfor -%}
        min_by(levels.threshold_code, (abs(levels.move_bps), levels.threshold_code)) filter (
            where levels.level_bps is not null
        ) as nearest_threshold_code,
        min(abs(levels.move_bps)) as nearest_distance_bps
    from {{ ref('fct_threshold_levels') }} as levels
    group by levels.run_id

),

final as (

    select
        strategies.strategy_code,
        strategies.method,
        strategies.market_code as instrument_code,
        strategies.signal_code,
        thresholds.date,
        days.position_notional_mm,
        days.held_sessions,
        days.cumulative_pnl_usd,
        thresholds.score,
        strategies.entry_threshold,
        strategies.exit_threshold,
        strategies.signal_lag_sessions,
        thresholds.* exclude (thresholds.run_id, thresholds.date, thresholds.score),
        verdicts.verdict
    from thresholds
    inner join {{ ref('dim_strategies') }} as strategies on thresholds.run_id = strategies.run_id
    inner join days on thresholds.run_id = days.run_id
    left join {{ ref('fct_strategy_verdicts') }} as verdicts on thresholds.run_id = verdicts.run_id

)

select * from final
