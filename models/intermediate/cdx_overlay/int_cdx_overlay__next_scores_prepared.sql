-- What the next score of every traded score needs of the sessions so far: sums over its windows, less their
-- oldest row.
-- Grain: one row per score_code, market_code and signal_code.
-- The next session is taken to be one of the same series, with VIX, ETF and regime as they stand.
-- Values are summed as differences from an anchor, the last one, so that squares lose no digits.

with

members as (

    select * from {{ ref('int_cdx_overlay__traded_scores_weighed') }}

),

markets as (

    select
        levels.* exclude (levels.instrument_code),
        levels.instrument_code as market_code
    from {{ ref('int_cdx_overlay__levels_adjusted') }} as levels
    union all by name
    select pairs.* from {{ ref('int_cdx_overlay__pairs_priced') }} as pairs

),

-- VIX stays as it is: its anchor is its last value, and the next differs from that by nothing.
history as (

    select
        indicators.*,
        signals.score_window_sessions,
        signals.score_lag_sessions,
        signals.indicator_lookback_sessions,
        if(signals.level = 'quoted', markets.spread_bps, markets.roll_adjusted_spread_bps) as level_bps,
        indicators.indicator_value
        - lag(indicators.indicator_value) over in_order as change_value,
        last_value(indicators.indicator_value ignore nulls) over whole as value_anchor,
        indicators.indicator_value - value_anchor as value_gap,
        last_value(level_bps ignore nulls) over whole as level_anchor,
        level_bps - level_anchor as level_gap,
        markets.vix_close_pts - last_value(markets.vix_close_pts) over whole as vix_gap,
        row_number() over (
            partition by indicators.signal_code, indicators.instrument_code
            order by indicators.session_date desc
        ) as sessions_ago
    from {{ ref('int_cdx_overlay__indicators_computed') }} as indicators
    inner join {{ ref('int_cdx_overlay__signals_listed') }} as signals
        on indicators.signal_code = signals.signal_code
    semi join members
        on indicators.signal_code = members.signal_code and indicators.instrument_code = members.market_code
    left join markets
        on
            indicators.instrument_code = markets.market_code
            and indicators.session_date = markets.session_date
    window
        in_order as (
            partition by indicators.signal_code, indicators.instrument_code
            order by indicators.session_date
        ),
        whole as (
            partition by indicators.signal_code, indicators.instrument_code
            order by indicators.session_date
            rows between unbounded preceding and unbounded following
        )

),

summed as (

    select
        history.signal_code,
        history.instrument_code,
        max(history.value_anchor) as value_anchor,
        max(history.level_anchor) as level_anchor,
        max(history.indicator_value) filter (where history.sessions_ago = 1) as last_value,
        max(history.indicator_value) filter (
            where history.sessions_ago = coalesce(history.score_lag_sessions, 1)
        ) as earlier_value,
        max(history.level_bps) filter (
            where history.sessions_ago = history.indicator_lookback_sessions
        ) as lookback_bps,
        {{ sums_before('value', 'history.value_gap', 'history.score_window_sessions') }},
        {{ sums_before('change', 'history.change_value', 'history.score_window_sessions') }},
        {{ sums_before('level', 'history.level_gap', 'history.indicator_lookback_sessions') }},
        {{ sums_before('vix', 'history.vix_gap', 'history.indicator_lookback_sessions') }}
    from history
    group by history.signal_code, history.instrument_code

),

windows as (

    select distinct
        members.score_code,
        members.rescale_window_sessions
    from members

),

raws as (

    select
        blended.composite_code,
        blended.raw_score_z,
        windows.rescale_window_sessions,
        row_number() over (
            partition by blended.composite_code order by blended.session_date desc
        ) as sessions_ago
    from {{ ref('int_cdx_overlay__signals_blended') }} as blended
    inner join windows
        on blended.composite_code = windows.score_code

),

rescaled as (

    select
        history.composite_code,
        {{ sums_before('raw', 'history.raw_score_z', 'history.rescale_window_sessions') }}
    from raws as history
    group by history.composite_code

),

final as (

    select
        members.* exclude (
            members.roll_adjusted_spread_bps, members.vix_close_pts, members.vix_regime
        ),
        if(
            signals.level = 'quoted', 0, members.spread_bps - members.roll_adjusted_spread_bps
        ) as roll_offset_bps,
        case signals.regime
            when 'any' then 1
            when 'not_stressed' then (members.vix_regime in ('calm', 'middling'))::integer
            else (members.vix_regime = signals.regime)::integer
        end as regime_ratio,
        signals.indicator,
        signals.score,
        signals.score_lag_sessions,
        signals.score_min_sessions as value_min,
        signals.score_min_sessions as change_min,
        signals.indicator_min_sessions as level_min,
        if(members.vix_close_pts is null, null, signals.indicator_min_sessions) as vix_min,
        signals.scaling_ratio,
        signals.floor_z,
        signals.cap_z,
        signals.neutral_low_z,
        signals.neutral_high_z,
        signals.raw_sign,
        signals.strength,
        summed.* exclude (summed.signal_code, summed.instrument_code),
        rescaled.* exclude (rescaled.composite_code),
        members.rescale_min_sessions as raw_min
    from members
    inner join {{ ref('int_cdx_overlay__signals_listed') }} as signals
        on members.signal_code = signals.signal_code
    inner join summed
        on members.signal_code = summed.signal_code and members.market_code = summed.instrument_code
    left join rescaled on members.score_code = rescaled.composite_code

)

select * from final
