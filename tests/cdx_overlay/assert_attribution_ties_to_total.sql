-- Every split of a run's P&L adds up to the P&L of the run: a split that loses a leg explains nothing.

with

totals as (

    select
        days.run_id,
        sum(days.net_pnl_usd) as net_pnl_usd,
        max(days.held_trade_number + days.open_trade_number) > 0 as has_trades
    from {{ ref('int_cdx_overlay__days_marked') }} as days
    group by days.run_id

),

dimensions as (

    select distinct attribution.dimension
    from {{ ref('fct_pnl_attribution') }} as attribution

),

sums as (

    select
        attribution.run_id,
        attribution.dimension,
        sum(attribution.pnl_usd) as pnl_usd
    from {{ ref('fct_pnl_attribution') }} as attribution
    group by attribution.run_id, attribution.dimension

)

select
    totals.run_id,
    dimensions.dimension,
    totals.net_pnl_usd,
    sums.pnl_usd
from totals
cross join dimensions
left join sums on totals.run_id = sums.run_id and dimensions.dimension = sums.dimension
where
    totals.has_trades
    and (sums.pnl_usd is null or abs(sums.pnl_usd - totals.net_pnl_usd) >= 1e-6)
