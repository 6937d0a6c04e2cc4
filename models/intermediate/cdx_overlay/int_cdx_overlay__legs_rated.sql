-- Legs of the strategies that trade several instruments, and what each holds for $1MM of the first one.
-- Grain: one row per market_code, leg_number and session_date.
-- Ratios are those of the close: DV01 of the close, beta of the sessions before it.
-- Drops: sessions on which a leg has no quote or no ratio; what the others earned counts on the next one.

with

legs as (

    select
        legs.strategy_code as market_code,
        legs.leg_number,
        legs.instrument_code,
        legs.ratio_rule,
        legs.ratio * if(legs.side = 'sold', 1, -1) as signed_ratio,
        legs.beta_window_sessions,
        instruments.transaction_cost_bps as cost_bps,
        coalesce(instruments.roll_cost_bps, instruments.transaction_cost_bps) as roll_cost_bps,
        coalesce(instruments.fee_usd_per_mm, 0) as fee_usd_per_mm,
        first_value(instruments.transaction_cost_bps) over numbered as first_cost_bps,
        count(*) over (partition by legs.strategy_code) as leg_count
    from {{ ref('strategy_legs') }} as legs
    inner join {{ ref('instruments') }} as instruments
        on legs.instrument_code = instruments.instrument_code
    where
        legs.strategy_code in (
            select strategies.market_code
            from {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies
        )
    window
        numbered as (partition by legs.strategy_code order by legs.leg_number)

),

contracts as (

    select
        contracts.instrument_code,
        contracts.session_date::date as session_date,
        contracts.dv01_usd_per_bp_per_mm,
        contracts.held_dv01_usd_per_bp_per_mm,
        contracts.mark_usd_per_mm is null as is_unknown,
        contracts.cumulative_unknown_pnl_count,
        contracts.cumulative_roll_count,
        contracts.cumulative_roll_gap_bps,
        contracts.cumulative_roll_dv01_usd_per_bp_per_mm as cumulative_roll_dv01,
        {% for part in pnl_parts() -%}
            sum(contracts.{{ part }}_pnl_usd_per_mm) over history as {{ part }}_usd,
        {% endfor -%}
        sum(contracts.total_pnl_usd_per_mm) over history as mark_usd
    from {{ ref('int_cdx_overlay__contracts_repriced') }} as contracts
    window
        history as (
            partition by contracts.instrument_code
            order by contracts.session_date
            rows between unbounded preceding and current row
        )

),

quoted as (

    select
        legs.*,
        contracts.* exclude (contracts.instrument_code),
        levels.spread_bps,
        levels.roll_adjusted_spread_bps,
        levels.series_number,
        levels.vix_close_pts,
        levels.vix_regime,
        first_value(contracts.dv01_usd_per_bp_per_mm) over session_legs as first_dv01,
        first_value(levels.roll_adjusted_spread_bps) over session_legs as first_spread_bps
    from legs
    inner join contracts on legs.instrument_code = contracts.instrument_code
    inner join {{ ref('int_cdx_overlay__levels_adjusted') }} as levels
        on
            contracts.instrument_code = levels.instrument_code
            and contracts.session_date = levels.session_date
    window
        session_legs as (
            partition by legs.market_code, contracts.session_date order by legs.leg_number
        )
    qualify count(*) over (partition by legs.market_code, contracts.session_date) = legs.leg_count

),

changed as (

    select
        quoted.*,
        quoted.first_spread_bps - lag(quoted.first_spread_bps) over in_order as first_change_bps,
        quoted.roll_adjusted_spread_bps
        - lag(quoted.roll_adjusted_spread_bps) over in_order as change_bps
    from quoted
    window
        in_order as (
            partition by quoted.market_code, quoted.leg_number order by quoted.session_date
        )

),

rated as (

    select
        changed.*,
        changed.signed_ratio * case
            when changed.ratio_rule = 'notional' then 1
            when changed.ratio_rule = 'dv01_neutral'
                then changed.first_dv01 / changed.dv01_usd_per_bp_per_mm
            when count(changed.change_bps) over sessions_before = changed.beta_window_sessions
                then
                    greatest(
                        regr_slope(changed.first_change_bps, changed.change_bps)
                            over sessions_before,
                        0
                    ) * changed.first_dv01 / changed.dv01_usd_per_bp_per_mm
        end as notional_ratio
    from changed
    window
        sessions_before as (
            partition by changed.market_code, changed.leg_number
            order by changed.session_date
            rows between coalesce(changed.beta_window_sessions, 1) preceding and 1 preceding  -- noqa: PRS
        )

),

final as (

    select rated.*
    from rated
    qualify
        bool_and(rated.notional_ratio is not null)
            over (partition by rated.market_code, rated.session_date)

)

select * from final
