-- Market of every instrument, session by session, with the volatility and ETF quote known at that close.
-- Grain: one row per instrument_code and date.

with

markets as (

    select * from {{ ref('int_cdx_overlay__markets_aligned') }}

),

final as (

    select
        markets.instrument_code,
        markets.session_date as date,
        markets.series_number,
        markets.spread_bps as cdx_spread_bps,
        markets.spread_change_bps,
        markets.price_pct_par,
        markets.vix_close_pts,
        markets.etf_ticker,
        markets.etf_close_usd,
        markets.etf_spread_bps,
        markets.vix_age_days::integer as vix_age_days,
        markets.etf_age_days::integer as etf_age_days,
        markets.skipped_weekday_count,
        markets.is_roll_day,
        -- One skipped weekday is a holiday as a rule; two in a row are a hole in the history.
        coalesce(markets.skipped_weekday_count > 1, false) as is_after_gap,
        markets.vix_status,
        markets.etf_status
    from markets

)

select * from final
