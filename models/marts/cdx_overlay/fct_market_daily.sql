-- Market of the primary instrument, one row per session of its index calendar.
-- Grain: one row per date.
-- fct_instrument_daily has the same for every instrument.

with

instruments as (

    select * from {{ ref('fct_instrument_daily') }}

),

final as (

    select
        instruments.date,
        instruments.instrument_code,
        instruments.series_number,
        instruments.cdx_spread_bps,
        instruments.vix_close_pts,
        instruments.etf_ticker,
        instruments.etf_close_usd,
        instruments.etf_spread_bps,
        instruments.is_roll_day,
        instruments.is_after_gap,
        instruments.vix_status,
        instruments.etf_status
    from instruments
    where instruments.instrument_code = '{{ var("primary_instrument_code") }}'

)

select * from final
