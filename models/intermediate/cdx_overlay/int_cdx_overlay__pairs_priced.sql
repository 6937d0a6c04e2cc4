-- What $1MM of a strategy of several legs is worth, moves by and costs to trade: its legs together.
-- Grain: one row per market_code and session_date.
-- Signs: a long position does with each leg what its side says; the level rises where it loses.

with

final as (

    select
        legs.market_code,
        legs.session_date,
        max(legs.series_number) filter (where legs.leg_number = 1) as series_number,
        max(legs.vix_close_pts) filter (where legs.leg_number = 1) as vix_close_pts,
        max(legs.vix_regime) filter (where legs.leg_number = 1) as vix_regime,
        max(legs.dv01_usd_per_bp_per_mm) filter (where legs.leg_number = 1)
            as risk_dv01_usd_per_bp_per_mm,
        sum(legs.cumulative_roll_count) as cumulative_roll_count,
        sum(legs.cumulative_unknown_pnl_count) as cumulative_unknown_pnl_count,
        {% for name in ['spread_bps', 'roll_adjusted_spread_bps', 'cumulative_roll_gap_bps'] -%}
            {{ exact_sum('legs.' ~ name, 'bps') }} as {{ name }},
        {% endfor -%}
        {% for name in ['opening', 'closing', 'cumulative_carrying'] -%}
            {{ exact_sum('legs.' ~ name ~ '_dv01_usd_per_bp_per_mm', 'usd') }}
                as {{ name }}_dv01_usd_per_bp_per_mm,
        {% endfor -%}
        {% for name in pnl_parts() -%}
            {{ exact_sum('legs.' ~ name ~ '_usd_per_mm', 'usd') }} as {{ name }}_usd_per_mm,
        {% endfor -%}
        case
            when not bool_or(legs.is_unknown) then {{ exact_sum('legs.mark_usd_per_mm', 'usd') }}
        end as mark_usd_per_mm
    from {{ ref('int_cdx_overlay__legs_priced') }} as legs
    group by legs.market_code, legs.session_date

)

select * from final
