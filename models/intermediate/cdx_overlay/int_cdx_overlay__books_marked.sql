-- Positions, P&L and costs of portfolios, and of strategies that have limits, by member and leg.
-- Grain: one row per book_code, strategy_code, leg_number and session_date.
-- P&L is that of the multiple held into the session. Netting saves cost x (1 - net trade / gross trade) of
-- the book in the instrument on the session; rolls and new ratios of pairs are not netted.

with

carried as (

    select * from {{ ref('int_cdx_overlay__books_scaled') }}

),

held as (

    select
        carried.*,
        coalesce(lag(carried.scale_ratio) over in_order, carried.scale_ratio) as held_scale_ratio,
        coalesce(lag(carried.position_notional_mm) over in_order, 0) as held_notional_mm
    from carried
    window
        in_order as (
            partition by carried.book_code, carried.strategy_code, carried.leg_number
            order by carried.session_date
        )

),

traded as (

    select
        held.*,
        held.scale_ratio * held.position_notional_mm
        - held.held_scale_ratio * held.held_notional_mm as traded_mm,
        coalesce(
            abs(held.scale_ratio - held.held_scale_ratio) * held.leg_cost_usd_per_mm
            * case
                when sign(held.position_notional_mm) = sign(held.held_notional_mm)
                    then least(abs(held.position_notional_mm), abs(held.held_notional_mm))
                else 0
            end,
            0
        ) as rescaling_cost_usd
    from held

),

nettings as (

    select
        book_code,
        instrument_code,
        session_date,
        1 - abs({{ exact_sum('traded_mm', 'usd') }}) / nullif({{ exact_sum('abs(traded_mm)', 'usd') }}, 0)
            as netted_share
    from traded
    where netting = 'netted'
    group by book_code, instrument_code, session_date

),

netted as (

    select
        traded.*,
        nettings.netted_share
    from traded
    left join nettings
        on
            traded.book_code = nettings.book_code
            and traded.instrument_code = nettings.instrument_code
            and traded.session_date = nettings.session_date

),

final as (

    select
        netted.book_code,
        netted.book_kind,
        netted.listed_member_count,
        netted.session_date,
        netted.strategy_code,
        netted.run_id,
        netted.leg_number,
        netted.instrument_code,
        netted.capital_usd,
        netted.notional_ratio,
        netted.held_trade_number,
        netted.open_trade_number,
        netted.scale_ratio,
        netted.scale_ratio * netted.position_notional_mm as position_notional_mm,
        netted.scale_ratio * netted.dv01_usd_per_bp as dv01_usd_per_bp,
        netted.scale_ratio * netted.jump_to_default_usd as jump_to_default_usd,
        {% for part in pnl_parts() | map('replace', 'roll_down', 'roll') -%}
            coalesce(netted.held_scale_ratio * netted.{{ part }}_pnl_usd, 0) as {{ part }}_pnl_usd,
        {% endfor -%}
        coalesce(netted.scale_ratio * netted.opening_cost_usd, 0) as opening_cost_usd,
        coalesce(netted.held_scale_ratio * netted.closing_cost_usd, 0) as closing_cost_usd,
        coalesce(netted.held_scale_ratio * netted.roll_cost_usd, 0) as roll_cost_usd,
        netted.rescaling_cost_usd,
        coalesce(
            (
                netted.scale_ratio * netted.opening_cost_usd
                + netted.held_scale_ratio * netted.closing_cost_usd
                + netted.rescaling_cost_usd
            ) * netted.netted_share,
            0
        ) as netting_saving_usd
    from netted

)

select * from final
