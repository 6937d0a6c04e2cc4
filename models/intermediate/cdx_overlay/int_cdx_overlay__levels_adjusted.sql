-- Index sessions with the spread less the jumps of rolls, and the regime that volatility was in.
-- Grain: one row per instrument_code and session_date.
-- The gap of a roll is what P&L leaves out there: the quote of the new series less that of the old one.
-- Gaps are added up from the first session on, so that a later roll moves no earlier level; a difference of
-- two levels is what the series held in between moved by. Where P&L knows nothing, the whole change is a gap.
-- Drops: nothing.

with

markets as (

    select * from {{ ref('int_cdx_overlay__markets_aligned') }}

),

contracts as (

    select
        contracts.instrument_code,
        contracts.session_date::date as session_date,
        contracts.roll_gap_bps
    from {{ ref('int_cdx_overlay__contracts_repriced') }} as contracts

),

final as (

    select
        markets.*,
        markets.spread_bps - (
            -- In fixed point, so exact in any order.
            sum(
                coalesce(contracts.roll_gap_bps, markets.spread_change_bps, 0)::decimal(38, 15)
            ) over history
        )::double as roll_adjusted_spread_bps,
        case
            when
                markets.vix_close_pts is null
                or count(markets.vix_close_pts) over history < {{ var('min_regime_sessions') }}
                then 'unknown'
            when markets.vix_close_pts <= quantile_cont(markets.vix_close_pts, 1 / 3) over history
                then 'calm'
            when markets.vix_close_pts <= quantile_cont(markets.vix_close_pts, 2 / 3) over history
                then 'middling'
            else 'stressed'
        end as vix_regime
    from markets
    left join contracts
        on
            markets.instrument_code = contracts.instrument_code
            and markets.session_date = contracts.session_date
    window
        history as (
            partition by markets.instrument_code
            order by markets.session_date
            rows between unbounded preceding and current row
        )

)

select * from final
