-- Net P&L of every run split along one dimension at a time; each split adds up to the total of the run.
-- Grain: one row per run_id, dimension and dimension_value.

with

days as (

    select * rename (session_date as date) from {{ ref('int_cdx_overlay__days_marked') }}

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
        days.series_number,
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
        days.series_number,
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
        coalesce(legs.series_number::varchar, 'unknown') as series,
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
    on side, year, month, series, vix_regime_at_entry, exit_reason
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
        -days.roll_cost_usd as roll_cost,
        days.net_pnl_usd + days.cost_usd as before_cost,
        -days.half_spread_cost_usd as half_spread,
        -days.fee_cost_usd as fee,
        -days.impact_cost_usd as impact,
        -days.roll_cost_usd as roll
    from days

),

by_part as (

    unpivot parts
    on coupon, time, roll_down, spread, rates, "default", financing, trading_cost, roll_cost, before_cost,
    half_spread, fee, impact, roll
    into name dimension_value value pnl_usd

),

by_trade_sums as (

    select
        described.run_id,
        described.trade_number,
        {{ exact_sum('described.pnl_usd', 'usd') }} as pnl_usd
    from described
    group by described.run_id, described.trade_number

),

-- What a trade earned, shared by the signals that it was opened on.
by_entry as (

    unpivot (
        select
            entries.run_id,
            entries.signal_code as signal,
            entries.strength_at_entry,
            by_trade_sums.pnl_usd * entries.signal_share as pnl_usd
        from by_trade_sums
        inner join {{ ref('int_cdx_overlay__entries_shared') }} as entries
            on by_trade_sums.run_id = entries.run_id and by_trade_sums.trade_number = entries.trade_number
    )
    on signal, strength_at_entry
    into name dimension value dimension_value

),

listed as (

    select
        by_trade.run_id,
        by_trade.dimension,
        by_trade.dimension_value,
        by_trade.pnl_usd
    from by_trade
    union all by name
    select * from by_entry
    union all by name
    select
        by_part.run_id,
        case
            when by_part.dimension_value in ('before_cost', 'half_spread', 'fee', 'impact', 'roll')
                then 'cost'
            else 'component'
        end as dimension,
        by_part.dimension_value,
        by_part.pnl_usd
    from by_part

),

final as (

    select
        listed.run_id,
        listed.dimension,
        listed.dimension_value,
        {{ exact_sum('listed.pnl_usd', 'usd') }} as pnl_usd
    from listed
    group by listed.run_id, listed.dimension, listed.dimension_value

)

select * from final
