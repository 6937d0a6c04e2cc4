-- Legs add up to their strategy, members to their portfolio and splits to both, to a millionth of a dollar; a pair at
-- equal DV01 has a net DV01 below 1 % of gross after every session: a sum that loses a leg hides a risk.

with

legs as (

    select
        legs.run_id,
        legs.date,
        sum(legs.net_pnl_usd) as net_pnl_usd,
        sum(legs.cost_usd) as cost_usd,
        sum(legs.dv01_usd_per_bp) as dv01_usd_per_bp,
        sum(abs(legs.dv01_usd_per_bp)) as gross_dv01_usd_per_bp
    from {{ ref('fct_backtest_legs') }} as legs
    group by legs.run_id, legs.date

),

neutral as (

    select legs.strategy_code
    from {{ ref('strategy_legs') }} as legs
    group by legs.strategy_code
    having
        sum((legs.side = 'sold')::integer * legs.ratio)
        = sum((legs.side = 'bought')::integer * legs.ratio)
        and bool_and(legs.leg_number = 1 or legs.ratio_rule = 'dv01_neutral')

),

members as (

    select
        positions.book_code,
        positions.date,
        sum(positions.net_pnl_usd) as net_pnl_usd
    from {{ ref('fct_portfolio_positions') }} as positions
    group by positions.book_code, positions.date

),

-- Whole strategies, where a portfolio holds them unscaled and nothing is netted.
weighted as (

    select
        portfolios.portfolio_code as book_code,
        days.date,
        sum(portfolios.weight_ratio * days.net_pnl_usd) as net_pnl_usd
    from {{ ref('portfolios') }} as portfolios
    inner join {{ ref('fct_backtest_days') }} as days
        on portfolios.strategy_code = days.strategy_code
    where portfolios.weighting = 'fixed' and portfolios.is_enabled
    group by portfolios.portfolio_code, days.date

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
    days.date::varchar as place
from {{ ref('fct_backtest_days') }} as days
left join legs on days.run_id = legs.run_id and days.date = legs.date
where
    days.market_code <> days.instrument_code
    and (
        (abs(legs.net_pnl_usd - days.net_pnl_usd) < 1e-6) is not true
        or (abs(legs.cost_usd - days.cost_usd) < 1e-6) is not true
        or (
            days.strategy_code in (select neutral.strategy_code from neutral)
            and abs(legs.dv01_usd_per_bp) > 0.01 * legs.gross_dv01_usd_per_bp
        )
    )
union all
select
    'members of ' || days.book_code as what,
    days.date::varchar as place
from {{ ref('fct_portfolio_days') }} as days
left join members on days.book_code = members.book_code and days.date = members.date
left join weighted on days.book_code = weighted.book_code and days.date = weighted.date
where
    abs(coalesce(members.net_pnl_usd, 0) - days.net_pnl_usd) >= 1e-6
    or abs(weighted.net_pnl_usd + days.netting_saving_usd - days.net_pnl_usd) >= 1e-6
union all
select
    split.dimension || ' of ' || split.book_code as what,
    split.leg_number::varchar as place
from split
inner join totals on split.book_code = totals.book_code and split.leg_number = totals.leg_number
where abs(split.pnl_usd - totals.net_pnl_usd) >= 1e-6
