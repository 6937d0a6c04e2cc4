-- Net P&L of every run split along one dimension at a time; each split adds up to the total of the run.
-- Grain: one row per run_id, dimension and dimension_value.

with

days as (

    select * from {{ ref('fct_backtest_days') }}

),

regimes as (

    select
        levels.instrument_code,
        levels.session_date as date,
        levels.vix_regime
    from {{ ref('int_cdx_overlay__levels_adjusted') }} as levels

),

-- A reversal day belongs to two trades: the old one earns and closes, the new one opens.
legs as (

    select
        days.run_id,
        days.date,
        days.instrument_code,
        days.held_trade_number as trade_number,
        days.net_pnl_usd
        + case
            when days.open_trade_number <> days.held_trade_number then days.opening_cost_usd else 0
        end as pnl_usd
    from days
    where days.held_trade_number > 0
    union all
    select
        days.run_id,
        days.date,
        days.instrument_code,
        days.open_trade_number as trade_number,
        -days.opening_cost_usd as pnl_usd
    from days
    where days.open_trade_number > 0 and days.open_trade_number <> days.held_trade_number

),

described as (

    select
        legs.run_id,
        legs.date,
        legs.trade_number,
        legs.pnl_usd,
        case trades.direction_sign when 1 then 'protection_sold' else 'protection_bought' end
            as side,
        strftime(legs.date, '%Y') as year,
        strftime(legs.date, '%Y-%m') as month,
        regimes.vix_regime as vix_regime_at_entry,
        trades.exit_reason
    from legs
    inner join {{ ref('fct_backtest_trades') }} as trades
        on legs.run_id = trades.run_id and legs.trade_number = trades.trade_number
    inner join regimes
        on
            legs.instrument_code = regimes.instrument_code
            and trades.entry_date = regimes.date

),

by_trade as (

    unpivot described
    on side, year, month, vix_regime_at_entry, exit_reason
    into name dimension value dimension_value

),

parts as (

    select
        days.run_id,
        days.date,
        days.coupon_pnl_usd as coupon,
        days.time_pnl_usd as time,
        days.roll_pnl_usd as roll_down,
        days.spread_pnl_usd as spread,
        days.rates_pnl_usd as rates,
        days.default_pnl_usd as "default",
        days.financing_pnl_usd as financing,
        days.roll_cost_usd - days.cost_usd as trading_cost,
        -days.roll_cost_usd as roll_cost
    from days

),

by_part as (

    unpivot parts
    on coupon, time, roll_down, spread, rates, "default", financing, trading_cost, roll_cost
    into name dimension_value value pnl_usd

),

final as (

    select
        by_trade.run_id,
        by_trade.dimension,
        by_trade.dimension_value,
        {{ exact_sum('by_trade.pnl_usd', 'usd') }} as pnl_usd
    from by_trade
    group by by_trade.run_id, by_trade.dimension, by_trade.dimension_value
    union all
    select
        by_part.run_id,
        'component' as dimension,
        by_part.dimension_value,
        {{ exact_sum('by_part.pnl_usd', 'usd') }} as pnl_usd
    from by_part
    group by by_part.run_id, by_part.dimension_value

)

select * from final
