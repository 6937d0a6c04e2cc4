-- Legs of the strategies that trade several instruments: P&L, levels and costs of $1MM of the first one.
-- Grain: one row per market_code, leg_number and session_date.
-- P&L is that of the ratio held into the session. Costs are in units of the first leg's cost per basis
-- point, so that a run that pays transaction_cost_bps of that leg on them pays each leg its own. Carrying a
-- leg over costs its roll and the trade into the new ratio.

with

complete as (

    select * from {{ ref('int_cdx_overlay__legs_rated') }}

),

held as (

    select
        complete.*,
        complete.notional_ratio * complete.dv01_usd_per_bp_per_mm / complete.first_dv01
            as spread_ratio,
        coalesce(lag(complete.notional_ratio) over in_order, 0) as held_notional_ratio,
        lag(complete.notional_ratio * complete.dv01_usd_per_bp_per_mm / complete.first_dv01)
            over in_order as held_spread_ratio,
        {% for name in pnl_parts() + ['mark'] -%}
            coalesce(complete.{{ name }}_usd - lag(complete.{{ name }}_usd) over in_order, 0)
                as {{ name }}_step_usd,
        {% endfor -%}
        {% for name in ['spread_bps', 'roll_adjusted_spread_bps', 'cumulative_roll_gap_bps'] -%}
            complete.{{ name }} - lag(complete.{{ name }}) over in_order as {{ name }}_step,
        {% endfor -%}
        complete.cumulative_roll_dv01 - lag(complete.cumulative_roll_dv01) over in_order
            as cumulative_roll_dv01_step
    from complete
    window
        in_order as (
            partition by complete.market_code, complete.leg_number order by complete.session_date
        )

),

final as (

    select
        held.market_code,
        held.leg_number,
        held.session_date,
        held.instrument_code,
        held.notional_ratio,
        held.held_notional_ratio,
        held.dv01_usd_per_bp_per_mm,
        held.spread_bps as leg_spread_bps,
        held.series_number,
        held.vix_close_pts,
        held.vix_regime,
        held.is_unknown,
        held.cumulative_roll_count,
        abs(held.notional_ratio)
        * (held.dv01_usd_per_bp_per_mm * held.cost_bps + held.fee_usd_per_mm)
        / held.first_cost_bps as opening_dv01_usd_per_bp_per_mm,
        abs(held.held_notional_ratio)
        * (held.held_dv01_usd_per_bp_per_mm * held.cost_bps + held.fee_usd_per_mm)
        / held.first_cost_bps as closing_dv01_usd_per_bp_per_mm,
        sum(
            coalesce(
                abs(held.held_notional_ratio) * held.cumulative_roll_dv01_step * held.roll_cost_bps
                + abs(held.notional_ratio - held.held_notional_ratio)
                * (held.dv01_usd_per_bp_per_mm * held.cost_bps + held.fee_usd_per_mm),
                0
            ) / held.first_cost_bps
        ) over history as cumulative_carrying_dv01_usd_per_bp_per_mm,
        {% for name in pnl_parts() + ['mark'] -%}
            sum(held.held_notional_ratio * held.{{ name }}_step_usd) over history
                as {{ name }}_usd_per_mm,
        {% endfor -%}
        -- The first level is that of the legs at their ratios; from then on it moves as they earn.
        {% for name in ['spread_bps', 'roll_adjusted_spread_bps', 'cumulative_roll_gap_bps'] -%}
            sum(
                coalesce(
                    held.held_spread_ratio * held.{{ name }}_step, held.spread_ratio * held.{{ name }}
                )
            ) over history as {{ name }},
        {% endfor -%}
        held.cumulative_unknown_pnl_count
    from held
    window
        history as (
            partition by held.market_code, held.leg_number
            order by held.session_date
            rows between unbounded preceding and current row
        )

)

select * from final
