-- Every standard strategy measured with a constant DV01 and repriced, and what explains the difference.
-- Grain: one row per strategy_code.
-- constant_dv01_net_pnl_usd plus the ten columns after it is repriced_net_pnl_usd.

with

strategies as (

    select
        coalesce(strategies.companion_of, strategies.strategy_code) as base_strategy_code,
        strategies.run_id,
        strategies.instrument_code,
        strategies.pnl_model
    from {{ ref('dim_strategies') }} as strategies
    where
        strategies.method = 'standard'
        and strategies.pnl_model in ('constant_dv01', 'repriced')
        and strategies.sweep_code is null
        and not strategies.signal_code like '%@quoted'

),

days as (

    select * from {{ ref('fct_backtest_days') }}
    union all
    select * from {{ ref('fct_variant_days') }}

),

runs as (

    select
        strategies.base_strategy_code,
        strategies.instrument_code,
        strategies.pnl_model,
        coalesce({{ exact_sum('days.net_pnl_usd', 'usd') }}, 0) as net_pnl_usd,
        coalesce({{ exact_sum('days.cost_usd - days.roll_cost_usd', 'usd') }}, 0) as trading_cost_usd,
        coalesce({{ exact_sum('days.roll_cost_usd', 'usd') }}, 0) as roll_cost_usd,
        coalesce({{ exact_sum('days.carry_pnl_usd', 'usd') }}, 0) as carry_pnl_usd,
        coalesce({{ exact_sum('days.roll_pnl_usd', 'usd') }}, 0) as roll_down_pnl_usd,
        coalesce({{ exact_sum('days.spread_pnl_usd', 'usd') }}, 0) as spread_pnl_usd,
        coalesce({{ exact_sum('days.rates_pnl_usd', 'usd') }}, 0) as rates_pnl_usd,
        coalesce({{ exact_sum('days.default_pnl_usd', 'usd') }}, 0) as default_pnl_usd,
        coalesce({{ exact_sum('days.financing_pnl_usd', 'usd') }}, 0) as financing_pnl_usd,
        coalesce({{ exact_sum('days.constant_dv01_pnl_usd', 'usd') }}, 0) as constant_dv01_pnl_usd,
        coalesce(
            {{ exact_sum('days.constant_dv01_pnl_usd', 'usd', where='days.is_roll_day') }}, 0
        ) as roll_jump_pnl_usd
    from strategies
    left join days on strategies.run_id = days.run_id
    group by strategies.base_strategy_code, strategies.instrument_code, strategies.pnl_model

),

final as (

    select
        repriced.base_strategy_code as strategy_code,
        repriced.instrument_code,
        constant_dv01.net_pnl_usd as constant_dv01_net_pnl_usd,
        -repriced.roll_jump_pnl_usd as roll_jumps_removed_usd,
        repriced.carry_pnl_usd as carry_usd,
        repriced.roll_down_pnl_usd as roll_down_usd,
        -- Effect of a DV01 that follows spread and age on the same moves within a series.
        repriced.spread_pnl_usd
        - (repriced.constant_dv01_pnl_usd - repriced.roll_jump_pnl_usd) as dv01_drift_usd,
        repriced.rates_pnl_usd as rates_usd,
        repriced.default_pnl_usd as default_usd,
        repriced.financing_pnl_usd as financing_usd,
        -repriced.roll_cost_usd as roll_cost_usd,
        constant_dv01.trading_cost_usd - repriced.trading_cost_usd as trading_cost_change_usd,
        -- Stops in dollars, or across a roll, may fire on different days.
        repriced.constant_dv01_pnl_usd - constant_dv01.constant_dv01_pnl_usd
            as other_positions_usd,
        repriced.net_pnl_usd as repriced_net_pnl_usd
    from runs as repriced
    inner join runs as constant_dv01
        on
            repriced.base_strategy_code = constant_dv01.base_strategy_code
            and constant_dv01.pnl_model = 'constant_dv01'
    where repriced.pnl_model = 'repriced'

)

select * from final
