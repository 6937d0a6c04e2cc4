-- What every standard strategy earns on scores without the jumps of rolls, and on scores that see them.
-- Grain: one row per strategy_code.
-- Rules, P&L and costs are the same in both; quoted_ is the run CODE@quoted.

with

runs as (

    select
        strategies.strategy_code,
        strategies.companion_of,
        strategies.instrument_code,
        strategies.signal_code,
        performance.trade_count,
        performance.total_net_pnl_usd,
        performance.sharpe_ratio
    from {{ ref('dim_strategies') }} as strategies
    inner join {{ ref('fct_strategy_performance') }} as performance
        on strategies.run_id = performance.run_id

),

final as (

    select
        adjusted.strategy_code,
        adjusted.instrument_code,
        adjusted.signal_code,
        quoted.trade_count as quoted_trade_count,
        adjusted.trade_count,
        quoted.total_net_pnl_usd as quoted_total_net_pnl_usd,
        adjusted.total_net_pnl_usd,
        quoted.total_net_pnl_usd - adjusted.total_net_pnl_usd as roll_effect_usd,
        quoted.sharpe_ratio as quoted_sharpe_ratio,
        adjusted.sharpe_ratio
    from runs as adjusted
    inner join runs as quoted
        on
            adjusted.strategy_code = quoted.companion_of
            and adjusted.signal_code || '@quoted' = quoted.signal_code

)

select * from final
