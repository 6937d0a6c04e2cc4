-- What each leg of a strategy held, earned and cost, session by session; one instrument is one leg.
-- Grain: one row per run_id, leg_number and session_date.
-- Costs of several legs are those of the run, shared in proportion to what each leg's own trade cost.
-- Drops: strategies of one instrument that no portfolio and no limit names; fct_backtest_days has them.

with

days as (

    select * from {{ ref('int_cdx_overlay__days_marked') }}

),

single as (

    select
        days.*,
        1 as leg_number,
        1.0 as notional_ratio
    from days
    where
        days.market_code = days.instrument_code
        and days.strategy_code in (
            select portfolios.strategy_code from {{ ref('portfolios') }} as portfolios
            where portfolios.is_enabled
            union all
            select limits.book_code from {{ ref('limits') }} as limits
            where limits.is_enabled
        )

),

paired as (

    select
        days.run_id,
        days.session_date,
        days.strategy_code,
        legs.instrument_code,
        days.market_code,
        legs.leg_number,
        legs.notional_ratio,
        days.position_notional_mm * legs.notional_ratio as position_notional_mm,
        days.held_trade_number,
        days.open_trade_number,
        legs.leg_spread_bps as spread_bps,
        legs.series_number,
        coalesce(lag(days.position_notional_mm) over run_leg, 0) as held_mm,
        {% for part in pnl_parts() -%}
            coalesce(legs.{{ part }}_usd_per_mm - lag(legs.{{ part }}_usd_per_mm) over run_leg, 0)
                as {{ part }}_step_usd,
        {% endfor -%}
        legs.cumulative_carrying_dv01_usd_per_bp_per_mm
        - coalesce(lag(legs.cumulative_carrying_dv01_usd_per_bp_per_mm) over run_leg, 0)
            as carrying_dv01,
        legs.opening_dv01_usd_per_bp_per_mm as opening_dv01,
        legs.closing_dv01_usd_per_bp_per_mm as closing_dv01,
        days.opening_cost_usd,
        days.closing_cost_usd,
        days.roll_cost_usd
    from days
    inner join {{ ref('int_cdx_overlay__legs_priced') }} as legs
        on days.market_code = legs.market_code and days.session_date = legs.session_date
    window
        run_leg as (partition by days.run_id, legs.leg_number order by days.session_date)

),

runs as (

    select
        run_id,
        session_date,
        {{ exact_sum('opening_dv01', 'usd') }} as opening_dv01,
        {{ exact_sum('closing_dv01', 'usd') }} as closing_dv01,
        {{ exact_sum('carrying_dv01', 'usd') }} as carrying_dv01
    from paired
    group by run_id, session_date

),

shared as (

    select
        {% for part in pnl_parts() -%}
            paired.held_mm * paired.{{ part }}_step_usd
                as {{ part | replace('roll_down', 'roll') }}_pnl_usd,
        {% endfor -%}
        paired.* replace (
            {% for cost, weight in [('opening', 'opening'), ('closing', 'closing'), ('roll', 'carrying')] -%}
                coalesce(
                    paired.{{ cost }}_cost_usd * paired.{{ weight }}_dv01
                    / nullif(runs.{{ weight }}_dv01, 0),
                    0
                ) as {{ cost }}_cost_usd{{ ',' if not loop.last }}
            {% endfor %}
        )
    from paired
    inner join runs on paired.run_id = runs.run_id and paired.session_date = runs.session_date

),

stacked as (

    select * from single
    union all by name
    select * from shared

),

final as (

    select
        stacked.run_id,
        stacked.session_date,
        stacked.strategy_code,
        stacked.leg_number::integer as leg_number,
        stacked.instrument_code,
        stacked.market_code,
        stacked.notional_ratio,
        stacked.position_notional_mm,
        stacked.held_trade_number,
        stacked.open_trade_number,
        stacked.spread_bps,
        stacked.series_number,
        stacked.position_notional_mm
        * coalesce(contracts.dv01_usd_per_bp_per_mm, strategies.dv01_usd_per_bp_per_mm)
            as dv01_usd_per_bp,
        -stacked.position_notional_mm * 1e6 * quotes.index_factor_share
        * (1 - quotes.recovery_share - contracts.upfront_pct_par / 100) as jump_to_default_usd,
        -- What trading $1MM of the leg once costs.
        case strategies.cost_unit
            when 'spread_bps'
                then
                    if(
                        stacked.market_code = stacked.instrument_code,
                        strategies.transaction_cost_bps,
                        instruments.transaction_cost_bps
                    ) * coalesce(contracts.dv01_usd_per_bp_per_mm, strategies.dv01_usd_per_bp_per_mm)
                    + coalesce(instruments.fee_usd_per_mm, 0)
            when 'notional_bps' then strategies.transaction_cost_bps * 100
            when 'pct_of_level' then strategies.transaction_cost_pct * stacked.spread_bps
            when 'price_pts' then strategies.transaction_cost_bps * 1e4
        end as leg_cost_usd_per_mm,
        {% for part in pnl_parts() -%}
            stacked.{{ part | replace('roll_down', 'roll') }}_pnl_usd,
        {% endfor -%}
        stacked.opening_cost_usd,
        stacked.closing_cost_usd,
        stacked.roll_cost_usd
    from stacked
    inner join {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies
        on stacked.run_id = strategies.run_id
    inner join {{ ref('instruments') }} as instruments
        on stacked.instrument_code = instruments.instrument_code
    inner join {{ ref('int_cdx_overlay__contracts_repriced') }} as contracts
        on
            stacked.instrument_code = contracts.instrument_code
            and stacked.session_date = contracts.session_date::date
    inner join {{ ref('int_cdx_overlay__contract_quotes_joined') }} as quotes
        on
            stacked.instrument_code = quotes.instrument_code
            and stacked.session_date = quotes.session_date

)

select * from final
