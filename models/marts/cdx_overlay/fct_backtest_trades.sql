-- Every trade from fill to fill, exit session and both costs included; an open trade has no exit date.
-- Grain: one row per run_id and trade_number.

with

trades as (

    select * from {{ ref('int_cdx_overlay__trades_collected') }}

),

strategies as (

    select * from {{ ref('int_cdx_overlay__strategies_resolved') }}

),

final as (

    select
        trades.run_id,
        trades.trade_number,
        strategies.strategy_code,
        trades.entry_date,
        trades.exit_date,
        trades.direction_sign,
        trades.entry_notional_mm,
        trades.largest_notional_mm,
        trades.entry_spread_bps,
        trades.exit_spread_bps,
        trades.held_sessions,
        trades.gross_pnl_usd,
        trades.cost_usd,
        trades.net_pnl_usd,
        trades.max_adverse_excursion_usd,
        trades.max_favourable_excursion_usd,
        trades.exit_reason,
        trades.is_open
    from trades
    inner join strategies on trades.run_id = strategies.run_id

)

select * from final
