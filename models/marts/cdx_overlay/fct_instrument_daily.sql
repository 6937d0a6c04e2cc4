-- Market of every instrument, session by session, with the volatility and ETF quote known at that close.
-- Grain: one row per instrument_code and date.

select
    markets.* exclude (
        markets.data_set, markets.session_date, markets.session_number, markets.spread_bps
    )
    replace (
        markets.vix_age_days::integer as vix_age_days,
        markets.etf_age_days::integer as etf_age_days
    ),
    markets.session_date as date,
    markets.spread_bps as cdx_spread_bps,
    -- One skipped weekday is usually a holiday; two in a row are a hole in the history.
    coalesce(markets.skipped_weekday_count > 1, false) as is_after_gap
from {{ ref('int_cdx_overlay__levels_adjusted') }} as markets
