-- Every session of the legs of the strategies that trade several instruments.
-- Grain: one row per run_id, leg_number and date.
-- The legs' P&L and costs add up to those of the run in fct_backtest_days or fct_variant_days.

select
    legs.run_id,
    legs.session_date as date,
    legs.strategy_code,
    legs.leg_number,
    legs.instrument_code,
    legs.position_notional_mm,
    legs.notional_ratio,
    legs.spread_bps,
    legs.series_number,
    legs.dv01_usd_per_bp,
    legs.jump_to_default_usd,
    {% for part in pnl_parts() | map('replace', 'roll_down', 'roll') -%}
        legs.{{ part }}_pnl_usd,
    {% endfor -%}
    legs.opening_cost_usd,
    legs.closing_cost_usd,
    legs.roll_cost_usd,
    legs.opening_cost_usd + legs.closing_cost_usd + legs.roll_cost_usd as cost_usd,
    {% for part in pnl_parts() | map('replace', 'roll_down', 'roll') -%}
        legs.{{ part }}_pnl_usd
        {{- ' + ' if not loop.last }}
    {%- endfor %}
    - legs.opening_cost_usd - legs.closing_cost_usd - legs.roll_cost_usd as net_pnl_usd
from {{ ref('int_cdx_overlay__legs_marked') }} as legs
where legs.market_code <> legs.instrument_code
