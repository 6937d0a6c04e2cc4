-- Legs add up to their strategy, members to their portfolio and splits to both, to a millionth of a dollar: a sum that
-- loses one hides a risk.

with

legs as (

    select
        legs.run_id,
        legs.date,
        sum(legs.net_pnl_usd) as net_pnl_usd,
        sum(legs.cost_usd) as cost_usd
    from {{ ref('fct_backtest_legs') }} as legs
    group by legs.run_id, legs.date

),

members as (

    select
        positions.book_code,
        positions.date,
        sum(positions.net_pnl_usd) as net_pnl_usd
    from {{ ref('fct_portfolio_positions') }} as positions
    group by positions.book_code, positions.date

),

totals as (

    select
        days.book_code,
        0 as leg_number,
        sum(days.net_pnl_usd) as net_pnl_usd
    from {{ ref('fct_portfolio_days') }} as days
    where days.book_kind = 'portfolio'
    group by days.book_code
    union all
    select
        legs.strategy_code as book_code,
        legs.leg_number,
        sum(legs.net_pnl_usd) as net_pnl_usd
    from {{ ref('fct_backtest_legs') }} as legs
    group by legs.strategy_code, legs.leg_number

),

split as (

    select
        attribution.book_code,
        attribution.leg_number,
        attribution.dimension,
        sum(attribution.pnl_usd) as pnl_usd
    from {{ ref('fct_portfolio_attribution') }} as attribution
    group by attribution.book_code, attribution.leg_number, attribution.dimension

)

select
    'legs of ' || days.strategy_code as what,
    days.session_date::varchar as place
from {{ ref('int_cdx_overlay__days_marked') }} as days
left join legs on days.run_id = legs.run_id and days.session_date = legs.date
where
    days.market_code <> days.instrument_code
    and (
        (abs(legs.net_pnl_usd - days.net_pnl_usd) < 1e-6) is not true
        or (abs(legs.cost_usd - days.cost_usd) < 1e-6) is not true
    )
union all
select
    'members of ' || days.book_code as what,
    days.date::varchar as place
from {{ ref('fct_portfolio_days') }} as days
left join members on days.book_code = members.book_code and days.date = members.date
where abs(coalesce(members.net_pnl_usd, 0) - days.net_pnl_usd) >= 1e-6
union all
select
    split.dimension || ' of ' || split.book_code as what,
    split.leg_number::varchar as place
from split
inner join totals on split.book_code = totals.book_code and split.leg_number = totals.leg_number
where abs(split.pnl_usd - totals.net_pnl_usd) >= 1e-6
