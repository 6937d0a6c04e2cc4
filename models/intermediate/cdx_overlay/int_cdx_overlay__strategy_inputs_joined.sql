-- What runs see, session by session: the level they trade at and the score of the same close.
-- Grain: one row per signal_code, instrument_code and session_date.
-- Runs that trade the same score on the same instrument read the same rows; there may be thousands of them.
-- The lag between score and trade is a rule of the strategy and is applied in the backtest, not here.
-- Drops: nothing; sessions without a score carry null, and those whose spread is blank are rows without a
-- level where the score keeps them.

with

strategies as (

    select distinct
        strategies.signal_code,
        strategies.instrument_code,
        strategies.is_benchmark
    from {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies

),

levels as (

    select
        levels.*,
        levels.roll_adjusted_spread_bps
        - lag(levels.roll_adjusted_spread_bps) over (
            partition by levels.instrument_code order by levels.session_date
        ) as roll_adjusted_change_bps
    from {{ ref('int_cdx_overlay__levels_adjusted') }} as levels

),

markets as (

    select
        markets.*,
        stddev_samp(markets.roll_adjusted_change_bps) over last_sessions
            as spread_change_deviation_bps
    from levels as markets
    window
        last_sessions as (
            partition by markets.instrument_code
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

contracts as (

    select * from {{ ref('int_cdx_overlay__contracts_repriced') }}

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
        strategies.instrument_code,
        markets.session_date,
        markets.spread_bps,
        markets.spread_change_deviation_bps,
        case when strategies.is_benchmark then 1 else scores.signal_z end as signal_z,
        contracts.mark_usd_per_mm,
        contracts.dv01_usd_per_bp_per_mm,
        contracts.held_dv01_usd_per_bp_per_mm,
        contracts.cumulative_roll_gap_bps,
        contracts.cumulative_roll_dv01_usd_per_bp_per_mm,
        contracts.cumulative_unknown_pnl_count,
        markets.vix_close_pts
    from strategies
    inner join markets on strategies.instrument_code = markets.instrument_code
    inner join contracts
        on
            markets.instrument_code = contracts.instrument_code
            and markets.session_date = contracts.session_date::date
    left join score_instruments on strategies.signal_code = score_instruments.score_code
    left join scores
        on
            strategies.signal_code = scores.score_code
            and coalesce(score_instruments.instrument_code, strategies.instrument_code)
            = scores.instrument_code
            and markets.session_date = scores.session_date
    union all by name
    -- A blank session has a row among the scores of signals that keep it.
    select
        strategies.signal_code,
        strategies.instrument_code,
        scores.session_date
    from strategies
    inner join scores
        on
            strategies.signal_code = scores.score_code
            and strategies.instrument_code = scores.instrument_code
    anti join markets
        on
            scores.instrument_code = markets.instrument_code
            and scores.session_date = markets.session_date

)

select * from final
