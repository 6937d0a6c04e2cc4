-- Net P&L of portfolios, and of the legs of strategies of several, split along one dimension at a time.
-- Grain: one row per book_code, leg_number, dimension and dimension_value.
-- Each split adds up to the total of the portfolio in fct_portfolio_days, or of the leg in fct_backtest_legs.
-- What a portfolio pays to change the multiple of a member, and what netting saves, goes to the trade held.

{% set amounts = pnl_parts() | map('replace', 'roll_down', 'roll') | list %}

with

pieces as (

    select
        books.book_code,
        0 as leg_number,
        books.* exclude (
            books.book_code, books.leg_number, books.capital_usd, books.scale_ratio,
            books.listed_member_count
        )
    from {{ ref('int_cdx_overlay__books_marked') }} as books
    where books.book_kind = 'portfolio'
    union all by name
    select
        legs.strategy_code as book_code,
        'leg' as book_kind,
        legs.*,
        0.0 as rescaling_cost_usd,
        0.0 as netting_saving_usd
    from {{ ref('int_cdx_overlay__legs_marked') }} as legs
    where legs.market_code <> legs.instrument_code

),

described as (

    select
        pieces.*,
        pieces.netting_saving_usd - pieces.opening_cost_usd - pieces.closing_cost_usd
        - pieces.rescaling_cost_usd as trading_pnl_usd,
        {% for part in amounts -%}
            pieces.{{ part }}_pnl_usd
            {{- ' + ' if not loop.last }}
        {%- endfor %}
        - pieces.closing_cost_usd - pieces.roll_cost_usd - pieces.rescaling_cost_usd
        + pieces.netting_saving_usd as held_pnl_usd,
        pieces.held_trade_number in (0, pieces.open_trade_number) as has_one_trade
    from pieces

),

-- A reversal session belongs to two trades: the old one earns and closes, the new one opens.
by_trade as (

    select
        described.*,
        coalesce(nullif(described.held_trade_number, 0), described.open_trade_number)
            as trade_number,
        described.held_pnl_usd - if(described.has_one_trade, described.opening_cost_usd, 0)
            as pnl_usd
    from described
    where described.held_trade_number > 0 or described.open_trade_number > 0
    union all
    select
        described.*,
        described.open_trade_number as trade_number,
        -described.opening_cost_usd as pnl_usd
    from described
    where described.open_trade_number > 0 and not described.has_one_trade

),

labelled as (

    select
        by_trade.book_code,
        by_trade.book_kind,
        by_trade.leg_number,
        by_trade.strategy_code as strategy,
        by_trade.instrument_code as instrument,
        if(
            trades.direction_sign * sign(by_trade.notional_ratio) > 0,
            'protection_sold', 'protection_bought'
        ) as side,
        strftime(by_trade.session_date, '%Y') as year,
        strftime(by_trade.session_date, '%Y-%m') as month,
        regimes.vix_regime as vix_regime_at_entry,
        trades.exit_reason,
        by_trade.pnl_usd
    from by_trade
    inner join {{ ref('fct_backtest_trades') }} as trades
        on by_trade.run_id = trades.run_id and by_trade.trade_number = trades.trade_number
    inner join {{ ref('int_cdx_overlay__levels_adjusted') }} as regimes
        on
            by_trade.instrument_code = regimes.instrument_code
            and trades.entry_date = regimes.session_date

),

split as (

    unpivot labelled
    on strategy, instrument, side, year, month, vix_regime_at_entry, exit_reason
    into name dimension value dimension_value

),

parts as (

    select
        described.book_code,
        described.book_kind,
        described.leg_number,
        {% for part in amounts -%}
            described.{{ part }}_pnl_usd as "{{ 'roll_down' if part == 'roll' else part }}",
        {% endfor -%}
        described.trading_pnl_usd - described.netting_saving_usd as trading_cost,
        -described.roll_cost_usd as roll_cost,
        described.netting_saving_usd as netting_saving
    from described

),

stacked as (

    select
        split.book_code,
        split.book_kind,
        split.leg_number,
        split.dimension,
        split.dimension_value,
        split.pnl_usd
    from split
    union all
    select
        by_part.book_code,
        by_part.book_kind,
        by_part.leg_number,
        'component' as dimension,
        by_part.dimension_value,
        by_part.pnl_usd
    from (
        unpivot parts
        on coupon, time, roll_down, spread, rates, "default", financing, trading_cost, roll_cost,
        netting_saving
        into name dimension_value value pnl_usd
    ) as by_part

),

final as (

    select
        stacked.book_code,
        stacked.leg_number,
        stacked.book_kind,
        stacked.dimension,
        stacked.dimension_value,
        {{ exact_sum('stacked.pnl_usd', 'usd') }} as pnl_usd
    from stacked
    group by
        stacked.book_code, stacked.book_kind, stacked.leg_number, stacked.dimension,
        stacked.dimension_value

)

select * from final
