-- What runs see, session by session: the level they trade at and the score of the same close.
-- Grain: one row per signal_code, market_code and session_date.
-- A market is an instrument, or the legs of a strategy that has several.
-- Runs that trade the same score on the same market read the same rows; there may be thousands of them.
-- The lag between score and trade is a rule of the strategy and is applied in the backtest, not here.
-- Drops: nothing; sessions without a score carry null, and those whose spread is blank are rows without a
-- level where the score keeps them.

with

strategies as (

    select distinct
        strategies.signal_code,
        strategies.market_code,
        strategies.is_benchmark
    from {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies

),

priced as (

    select
        levels.instrument_code as market_code,
        levels.session_date,
        levels.spread_bps,
        levels.roll_adjusted_spread_bps,
        levels.vix_close_pts,
        contracts.mark_usd_per_mm,
        contracts.dv01_usd_per_bp_per_mm,
        contracts.held_dv01_usd_per_bp_per_mm,
        contracts.dv01_usd_per_bp_per_mm as risk_dv01_usd_per_bp_per_mm,
        contracts.cumulative_roll_gap_bps,
        contracts.cumulative_roll_dv01_usd_per_bp_per_mm,
        contracts.cumulative_unknown_pnl_count
    from {{ ref('int_cdx_overlay__levels_adjusted') }} as levels
    inner join {{ ref('int_cdx_overlay__contracts_repriced') }} as contracts
        on
            levels.instrument_code = contracts.instrument_code
            and levels.session_date = contracts.session_date::date
    union all by name
    select
        pairs.market_code,
        pairs.session_date,
        pairs.spread_bps,
        pairs.roll_adjusted_spread_bps,
        pairs.vix_close_pts,
        pairs.mark_usd_per_mm,
        pairs.opening_dv01_usd_per_bp_per_mm as dv01_usd_per_bp_per_mm,
        pairs.closing_dv01_usd_per_bp_per_mm as held_dv01_usd_per_bp_per_mm,
        pairs.risk_dv01_usd_per_bp_per_mm,
        pairs.cumulative_roll_gap_bps,
        pairs.cumulative_carrying_dv01_usd_per_bp_per_mm as cumulative_roll_dv01_usd_per_bp_per_mm,
        pairs.cumulative_unknown_pnl_count
    from {{ ref('int_cdx_overlay__pairs_priced') }} as pairs

),

levels as (

    select
        priced.*,
        priced.roll_adjusted_spread_bps
        - lag(priced.roll_adjusted_spread_bps) over (
            partition by priced.market_code order by priced.session_date
        ) as roll_adjusted_change_bps
    from priced

),

markets as (

    select
        markets.*,
        stddev_samp(markets.roll_adjusted_change_bps) over last_sessions
            as spread_change_deviation_bps
    from levels as markets
    window
        last_sessions as (
            partition by markets.market_code
            order by markets.session_date
            {{ sessions_back(var('sigma_stop_window_sessions')) }}
        )

),

scores as (

    select
        signals.signal_code as score_code,
        signals.instrument_code,
        signals.session_date,
        signals.signal_z
    from {{ ref('int_cdx_overlay__signals_scored') }} as signals
    union all
    select
        composites.composite_code as score_code,
        composites.instrument_code,
        composites.session_date,
        composites.score_z as signal_z
    from {{ ref('int_cdx_overlay__signals_blended') }} as composites

),

score_instruments as (

    -- A composite belongs to one instrument and may be traded on another.
    select distinct
        composites.composite_code as score_code,
        composites.instrument_code
    from {{ ref('int_cdx_overlay__composites_listed') }} as composites

),

final as (

    select
        strategies.signal_code,
        markets.* exclude (markets.roll_adjusted_spread_bps, markets.roll_adjusted_change_bps),
        case when strategies.is_benchmark then 1 else scores.signal_z end as signal_z
    from strategies
    inner join markets
        on
            strategies.market_code = markets.market_code
            and {{ before_holdout('markets.session_date') }}
    left join score_instruments on strategies.signal_code = score_instruments.score_code
    left join scores
        on
            strategies.signal_code = scores.score_code
            and coalesce(score_instruments.instrument_code, strategies.market_code)
            = scores.instrument_code
            and markets.session_date = scores.session_date
    union all by name
    -- A blank session has a row among the scores of signals that keep it.
    select
        strategies.signal_code,
        strategies.market_code,
        scores.session_date
    from strategies
    inner join scores
        on
            strategies.signal_code = scores.score_code
            and strategies.market_code = scores.instrument_code
            and {{ before_holdout('scores.session_date') }}
    anti join markets
        on
            scores.instrument_code = markets.market_code
            and scores.session_date = markets.session_date

)

select * from final
