-- Sessions of every run that keeps them: the market of the session, P&L by source, and the distance from the
-- last peak.
-- Grain: one row per run_id and session_date.
-- The P&L of a day belongs to the position held into it; costs are booked at the fill.
-- Parts are differences of running sums, so a session that a run leaves out is counted in the next one.

with

days as (

    select * from {{ ref('int_cdx_overlay__positions_simulated') }}

),

strategies as (

    select * from {{ ref('int_cdx_overlay__strategies_resolved') }}

),

markets as (

    select * from {{ ref('int_cdx_overlay__markets_aligned') }}

),

contracts as (

    select
        contracts.instrument_code,
        contracts.session_date::date as session_date,
        contracts.cumulative_roll_count,
        -- Nothing is earned before the first session, from which a run may hold.
        coalesce(sum(contracts.coupon_pnl_usd_per_mm) over history, 0) as coupon_usd_per_mm,
        coalesce(sum(contracts.time_pnl_usd_per_mm) over history, 0) as time_usd_per_mm,
        coalesce(sum(contracts.roll_down_pnl_usd_per_mm) over history, 0) as roll_down_usd_per_mm,
        coalesce(sum(contracts.spread_pnl_usd_per_mm) over history, 0) as spread_usd_per_mm,
        coalesce(sum(contracts.rates_pnl_usd_per_mm) over history, 0) as rates_usd_per_mm,
        coalesce(sum(contracts.default_pnl_usd_per_mm) over history, 0) as default_usd_per_mm,
        coalesce(sum(contracts.financing_pnl_usd_per_mm) over history, 0) as financing_usd_per_mm
    from {{ ref('int_cdx_overlay__contracts_repriced') }} as contracts
    window
        history as (
            partition by contracts.instrument_code
            order by contracts.session_date
            rows between unbounded preceding and current row
        )

),

held as (

    select
        days.*,
        strategies.strategy_code,
        strategies.instrument_code,
        strategies.dv01_usd_per_bp_per_mm,
        markets.spread_bps,
        markets.series_number,
        -- A roll on a session that the run left out is paid on this one.
        contracts.cumulative_roll_count
        > coalesce(lag(contracts.cumulative_roll_count) over run_in_order, 0) as is_roll_day,
        -- Zero in runs whose P&L model sees nothing but a spread.
        case
            when strategies.pnl_model = 'repriced'
                then coalesce(lag(days.position_notional_mm) over run_in_order, 0)
            else 0
        end as repriced_notional_mm,
        coalesce(lag(days.position_notional_mm) over run_in_order, 0) as held_notional_mm,
        markets.spread_bps - lag(markets.spread_bps) over run_in_order as spread_change_bps,
        contracts.coupon_usd_per_mm
        - lag(contracts.coupon_usd_per_mm) over run_in_order as coupon_usd_per_mm,
        contracts.time_usd_per_mm
        - lag(contracts.time_usd_per_mm) over run_in_order as time_usd_per_mm,
        contracts.roll_down_usd_per_mm
        - lag(contracts.roll_down_usd_per_mm) over run_in_order as roll_down_usd_per_mm,
        contracts.spread_usd_per_mm
        - lag(contracts.spread_usd_per_mm) over run_in_order as spread_usd_per_mm,
        contracts.rates_usd_per_mm
        - lag(contracts.rates_usd_per_mm) over run_in_order as rates_usd_per_mm,
        contracts.default_usd_per_mm
        - lag(contracts.default_usd_per_mm) over run_in_order as default_usd_per_mm,
        contracts.financing_usd_per_mm
        - lag(contracts.financing_usd_per_mm) over run_in_order as financing_usd_per_mm
    from days
    inner join strategies on days.run_id = strategies.run_id
    inner join markets
        on
            strategies.instrument_code = markets.instrument_code
            and days.session_date = markets.session_date
    inner join contracts
        on
            strategies.instrument_code = contracts.instrument_code
            and days.session_date = contracts.session_date
    window
        run_in_order as (partition by days.run_id order by days.session_date)

),

final as (

    select
        days.run_id,
        days.session_date,
        days.strategy_code,
        days.instrument_code,
        days.signal_z,
        days.direction_sign::integer as direction_sign,
        days.position_notional_mm,
        days.held_sessions::integer as held_sessions,
        days.held_trade_number::integer as held_trade_number,
        days.open_trade_number::integer as open_trade_number,
        days.spread_bps,
        days.series_number,
        days.is_roll_day,
        days.exit_reason,
        coalesce(days.repriced_notional_mm * days.coupon_usd_per_mm, 0) as coupon_pnl_usd,
        coalesce(days.repriced_notional_mm * days.time_usd_per_mm, 0) as time_pnl_usd,
        coalesce(days.repriced_notional_mm * (days.coupon_usd_per_mm + days.time_usd_per_mm), 0)
            as carry_pnl_usd,
        coalesce(days.repriced_notional_mm * days.roll_down_usd_per_mm, 0) as roll_pnl_usd,
        case
            when days.repriced_notional_mm <> 0
                then days.repriced_notional_mm * days.spread_usd_per_mm
            else days.gross_pnl_usd
        end as spread_pnl_usd,
        coalesce(days.repriced_notional_mm * days.rates_usd_per_mm, 0) as rates_pnl_usd,
        coalesce(days.repriced_notional_mm * days.default_usd_per_mm, 0) as default_pnl_usd,
        coalesce(days.repriced_notional_mm * days.financing_usd_per_mm, 0) as financing_pnl_usd,
        days.gross_pnl_usd,
        coalesce(
            -days.held_notional_mm * days.spread_change_bps * days.dv01_usd_per_bp_per_mm, 0
        ) as constant_dv01_pnl_usd,
        days.opening_cost_usd,
        days.closing_cost_usd,
        days.half_spread_cost_usd,
        days.fee_cost_usd,
        days.impact_cost_usd,
        days.roll_cost_usd,
        days.cost_usd,
        days.net_pnl_usd,
        days.cumulative_pnl_usd,
        days.cumulative_pnl_usd
        - greatest(max(days.cumulative_pnl_usd) over run_so_far, 0) as drawdown_usd,
        days.day_status
    from held as days
    window
        run_so_far as (
            partition by days.run_id
            order by days.session_date
            rows between unbounded preceding and current row
        )

)

select * from final
