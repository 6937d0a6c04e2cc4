-- What portfolios, and strategies that have limits, held by member and leg, and what it earned.
-- Grain: one row per book_code, strategy_code, leg_number and date.
-- Drops: sessions on which a leg was flat before and after.

with

final as (

    select
        books.book_code,
        books.session_date as date,
        books.book_kind,
        books.strategy_code,
        books.leg_number,
        books.instrument_code,
        books.scale_ratio,
        books.position_notional_mm,
        books.dv01_usd_per_bp,
        books.jump_to_default_usd,
        {% for part in pnl_parts() | map('replace', 'roll_down', 'roll') -%}
            books.{{ part }}_pnl_usd,
        {% endfor -%}
        books.opening_cost_usd + books.closing_cost_usd + books.rescaling_cost_usd
            as trading_cost_usd,
        books.rescaling_cost_usd,
        books.roll_cost_usd,
        books.netting_saving_usd,
        {% for part in pnl_parts() | map('replace', 'roll_down', 'roll') -%}
            books.{{ part }}_pnl_usd
            {{- ' + ' if not loop.last }}
        {%- endfor %}
        - books.opening_cost_usd - books.closing_cost_usd - books.rescaling_cost_usd
        - books.roll_cost_usd + books.netting_saving_usd as net_pnl_usd
    from {{ ref('int_cdx_overlay__books_marked') }} as books
    where
        books.position_notional_mm <> 0 or books.held_trade_number > 0 or books.open_trade_number > 0

)

select * from final
