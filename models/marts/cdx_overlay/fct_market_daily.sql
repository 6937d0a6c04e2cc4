-- Market of the primary instrument, one row per session of its index calendar.
-- Grain: one row per date.
-- fct_instrument_daily has the same for every instrument.

select
    * exclude (
        spread_change_bps, roll_adjusted_spread_bps, vix_regime, price_pct_par, price_difference_pct_par,
        vix_age_days, etf_age_days, skipped_weekday_count
    )
from {{ ref('fct_instrument_daily') }}
where instrument_code = '{{ var("primary_instrument_code") }}'
