-- Economic indicator of every catalogued signal on every instrument, before any normalisation.
-- Grain: one row per signal_code, instrument_code and session_date.
-- A pair, a strategy of several legs, is scored by the signals that trade it, under its own code.
-- Windows: as many sessions as the catalog row says, current one included; nothing later is read.
-- Levels: quoted, or without the jumps of rolls, as the catalog row says.
-- Drops: nothing; an indicator that cannot be computed is null. A session without a spread takes a place in
-- windows and shifts where the catalog keeps it, and is no row where it does not.

with

volatilities as (

    select * from {{ ref('int_cdx_overlay__volatility_quotes_screened') }}
    where reject_reason is null

),

-- Of an ETF nothing is needed: what is compared with it is not there.
blank_sessions as (

    select
        quotes.instrument_code,
        quotes.quote_date as session_date,
        case
            when
                date_diff('day', volatilities.quote_date, quotes.quote_date)
                <= {{ var('max_quote_age_days') }}
                then volatilities.vix_close_pts
        end as vix_close_pts
    from {{ ref('int_cdx_overlay__index_quotes_screened') }} as quotes
    anti join {{ ref('int_cdx_overlay__levels_adjusted') }} as markets
        on quotes.instrument_code = markets.instrument_code and quotes.quote_date = markets.session_date
    asof left join volatilities
        on
            quotes.data_set = volatilities.data_set
            and quotes.quote_date >= volatilities.quote_date
    where
        quotes.reject_reason = 'spread_missing_or_unreadable'
        and (quotes.raw_row_json ->> 'spread') is null
    qualify row_number() over (
        partition by quotes.instrument_code, quotes.quote_date order by quotes.source_row_number
    ) = 1

),

sessions as (

    select
        signals.*,
        markets.instrument_code,
        markets.session_date,
        if(
            signals.level = 'roll_adjusted', markets.roll_adjusted_spread_bps, markets.spread_bps
        ) as level_bps,
        markets.vix_close_pts,
        markets.etf_close_usd,
        markets.etf_spread_bps
    from {{ ref('int_cdx_overlay__signals_listed') }} as signals
    cross join {{ ref('int_cdx_overlay__levels_adjusted') }} as markets
    where
        signals.applies_to = 'instruments'
        and (
            -- A variant is scored where a point of a sweep trades it.
            not ends_with(signals.signal_code, ']')
            or (signals.signal_code, markets.instrument_code) in (
                select (strategies.signal_code, strategies.market_code)
                from {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies
                union all
                select (composites.signal_code, composites.instrument_code)
                from {{ ref('int_cdx_overlay__composites_listed') }} as composites
            )
        )
    union all by name
    select
        signals.*,
        pairs.market_code as instrument_code,
        pairs.session_date,
        if(signals.level = 'quoted', pairs.spread_bps, pairs.roll_adjusted_spread_bps) as level_bps,
        pairs.vix_close_pts
    from {{ ref('int_cdx_overlay__signals_listed') }} as signals
    cross join {{ ref('int_cdx_overlay__pairs_priced') }} as pairs
    where
        (signals.signal_code, pairs.market_code) in (
            select (strategies.signal_code, strategies.market_code)
            from {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies
        )
    union all by name
    select
        signals.*,
        blank_sessions.instrument_code,
        blank_sessions.session_date,
        blank_sessions.vix_close_pts
    from {{ ref('int_cdx_overlay__signals_listed') }} as signals
    cross join blank_sessions
    where signals.blank_sessions = 'kept'

),

anchored as (

    select
        sessions.*,
        first_value(sessions.level_bps ignore nulls) over history as anchor_bps,
        first_value(sessions.vix_close_pts ignore nulls) over history as anchor_vix_pts
    from sessions
    window
        history as (
            partition by sessions.signal_code, sessions.instrument_code
            order by sessions.session_date
            rows between unbounded preceding and current row
        )

),

measured as (

    select
        anchored.*,
        lag(anchored.level_bps, coalesce(anchored.indicator_lookback_sessions, 0)::integer)
            over sessions_in_order as earlier_bps,
        {{ rolling_mean(
            'anchored.level_bps', 'anchored.anchor_bps', 'last_sessions',
            'anchored.indicator_min_sessions'
        ) }} as mean_bps,
        {{ rolling_mean(
            'anchored.vix_close_pts', 'anchored.anchor_vix_pts', 'last_sessions',
            'anchored.indicator_min_sessions'
        ) }} as mean_vix_pts,
        {{ rolling_deviation(
            'anchored.level_bps', 'anchored.anchor_bps', 'last_sessions',
            'anchored.indicator_min_sessions'
        ) }} as deviation_bps,
        {{ rolling_deviation(
            'anchored.vix_close_pts', 'anchored.anchor_vix_pts', 'last_sessions',
            'anchored.indicator_min_sessions'
        ) }} as deviation_vix_pts
    from anchored
    window
        sessions_in_order as (
            partition by anchored.signal_code, anchored.instrument_code
            order by anchored.session_date
        ),
        last_sessions as (
            partition by anchored.signal_code, anchored.instrument_code
            order by anchored.session_date
            {{ sessions_back('anchored.indicator_lookback_sessions') }}
        )

),

final as (

    select
        measured.signal_code,
        measured.instrument_code,
        measured.session_date,
        case measured.indicator
            when 'cdx_spread' then measured.level_bps
            when 'cdx_minus_etf_spread' then measured.level_bps - measured.etf_spread_bps
            -- Basis points minus dollars: what the notebook computes, kept for comparison only.
            when 'cdx_minus_etf_price' then measured.level_bps - measured.etf_close_usd
            when 'spread_change' then measured.level_bps - measured.earlier_bps
            when 'deviation_gap'
                then
                    (measured.level_bps - measured.mean_bps)
                    - (measured.vix_close_pts - measured.mean_vix_pts)
            when 'z_score_difference'
                then
                    (measured.level_bps - measured.mean_bps)
                    / measured.deviation_bps
                    - (measured.vix_close_pts - measured.mean_vix_pts)
                    / measured.deviation_vix_pts
        end as indicator_value
    from measured

)

select * from final
