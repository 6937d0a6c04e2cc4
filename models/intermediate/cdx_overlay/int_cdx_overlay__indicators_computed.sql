-- Economic indicator of every catalogued signal on every instrument, before any normalisation.
-- Grain: one row per signal_code, instrument_code and session_date.
-- Windows: as many sessions as the catalog row says, current one included; nothing later is read.
-- Drops: nothing; an indicator that cannot be computed is null.

with

signals as (

    select *
    from {{ ref('signals') }}
    where is_enabled

),

markets as (

    select
        markets.*,
        first_value(markets.spread_bps) over history as anchor_spread_bps,
        first_value(markets.vix_close_pts ignore nulls) over history as anchor_vix_pts
    from {{ ref('int_cdx_overlay__markets_aligned') }} as markets
    window
        history as (
            partition by markets.instrument_code
            order by markets.session_date
            rows between unbounded preceding and current row
        )

),

measured as (

    select
        signals.signal_code,
        signals.indicator,
        markets.instrument_code,
        markets.session_date,
        markets.spread_bps,
        markets.vix_close_pts,
        markets.etf_close_usd,
        markets.etf_spread_bps,
        lag(markets.spread_bps, coalesce(signals.indicator_lookback_sessions, 0)::integer)
            over sessions_in_order as earlier_spread_bps,
        {{ rolling_mean(
            'markets.spread_bps', 'markets.anchor_spread_bps', 'last_sessions',
            'signals.indicator_min_sessions'
        ) }} as mean_spread_bps,
        {{ rolling_mean(
            'markets.vix_close_pts', 'markets.anchor_vix_pts', 'last_sessions',
            'signals.indicator_min_sessions'
        ) }} as mean_vix_pts,
        {{ rolling_deviation(
            'markets.spread_bps', 'markets.anchor_spread_bps', 'last_sessions',
            'signals.indicator_min_sessions'
        ) }} as deviation_spread_bps,
        {{ rolling_deviation(
            'markets.vix_close_pts', 'markets.anchor_vix_pts', 'last_sessions',
            'signals.indicator_min_sessions'
        ) }} as deviation_vix_pts
    from signals
    cross join markets
    window
        sessions_in_order as (
            partition by signals.signal_code, markets.instrument_code
            order by markets.session_date
        ),
        last_sessions as (
            partition by signals.signal_code, markets.instrument_code
            order by markets.session_date
            {{ sessions_back('signals.indicator_lookback_sessions') }}
        )

),

final as (

    select
        measured.signal_code,
        measured.instrument_code,
        measured.session_date,
        case measured.indicator
            when 'cdx_spread' then measured.spread_bps
            when 'cdx_minus_etf_spread' then measured.spread_bps - measured.etf_spread_bps
            -- Basis points minus dollars: what the notebook computes, kept for comparison only.
            when 'cdx_minus_etf_price' then measured.spread_bps - measured.etf_close_usd
            when 'spread_change' then measured.spread_bps - measured.earlier_spread_bps
            when 'deviation_gap'
                then
                    (measured.spread_bps - measured.mean_spread_bps)
                    - (measured.vix_close_pts - measured.mean_vix_pts)
            when 'z_score_difference'
                then
                    (measured.spread_bps - measured.mean_spread_bps)
                    / measured.deviation_spread_bps
                    - (measured.vix_close_pts - measured.mean_vix_pts)
                    / measured.deviation_vix_pts
        end as indicator_value
    from measured

)

select * from final
