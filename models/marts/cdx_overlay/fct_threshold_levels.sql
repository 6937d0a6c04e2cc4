-- The level of the next close at which each rule of a strategy would act: entries of a flat one; exit,
-- reversal, stop loss and take profit of one that holds.
-- Grain: one row per run_id and threshold_code.
-- The next session is one of the same series, with VIX, ETF and regime as they stand and without a day's
-- carry; a stop in dollars of a repriced run is of first order, by the DV01 of the last close.
-- Drops: runs on other than the desk's data, companions, points of sweeps and passive sellers.

with

held as (

    select * from {{ ref('int_cdx_overlay__holdings_decided') }}

),

limits as (

    select
        held.*,
        sides.threshold_code,
        sides.side,
        held.stop_basis in ('spread_bps', 'sigma_bps') as is_in_bps,
        case held.stop_basis
            when 'spread_bps' then if(sides.side < 0, held.stop_loss_bps, held.take_profit_bps)
            when 'sigma_bps'
                then
                    if(sides.side < 0, held.stop_loss_sigma, held.take_profit_sigma)
                    * held.entry_deviation_bps * sqrt(held.held_sessions + 1)
            else
                if(sides.side < 0, held.stop_loss_pct, held.take_profit_pct) / 100
                * case held.stop_basis
                    when 'pct_notional' then held.entry_notional_mm * 1e6
                    when 'usd_per_mm' then abs(held.position_notional_mm)
                    else held.position_size_mm * held.dv01_usd_per_bp_per_mm
                end
        end as limit_value,
        if(is_in_bps, -held.held_sign * (held.spread_bps - held.entry_level_bps), held.open_pnl_usd) as gain
    from held
    cross join (values ('stop_loss', -1), ('take_profit', 1)) as sides (threshold_code, side)
    where held.held_sign <> 0 and held.held_sign = held.decided_sign and limit_value is not null

),

stops as (

    select
        limits.*,
        limits.spread_bps - limits.held_sign * (limits.side * limits.limit_value - limits.gain)
        / case
            when limits.is_in_bps then 1
            when limits.pnl_model <> 'entry_spread_cumulated'
                then abs(limits.position_notional_mm) * limits.risk_dv01_usd_per_bp_per_mm
        end as level_bps,
        case
            when level_bps is null then 'not_defined'
            when limits.side * limits.gain > limits.limit_value then 'crossed_if_unchanged'
            when level_bps <= 0 and limits.market_code = limits.instrument_code then 'not_in_reach'
            when limits.is_in_bps or limits.pnl_model = 'constant_dv01' then 'ok'
            else 'first_order'
        end as level_status
    from limits

),

final as (

    select
        crossings.run_id,
        crossings.threshold_code,
        crossings.strategy_code,
        crossings.market_code as instrument_code,
        crossings.session_date as date,
        crossings.threshold_z as threshold_value,
        'standard_deviations' as threshold_unit,
        crossings.spread_bps,
        crossings.level_bps,
        crossings.level_status,
        crossings.score,
        crossings.next_action
    from {{ ref('int_cdx_overlay__crossings_solved') }} as crossings
    union all by name
    select
        stops.run_id,
        stops.threshold_code,
        stops.strategy_code,
        stops.market_code as instrument_code,
        stops.session_date as date,
        stops.side * stops.limit_value as threshold_value,
        if(stops.is_in_bps, 'basis_points', 'usd') as threshold_unit,
        stops.spread_bps,
        if(stops.level_status in ('ok', 'first_order'), stops.level_bps, null) as level_bps,
        stops.level_status,
        stops.score,
        stops.next_action
    from stops

)

select
    * exclude (score, next_action),
    level_bps - spread_bps as move_bps,
    score,
    next_action
from final
