-- Tradable instruments of the catalog.
-- Grain: one row per instrument_code.

with

instruments as (

    select * from {{ ref('instruments') }}

),

final as (

    select
        instruments.instrument_code,
        instruments.description,
        instruments.kind,
        instruments.data_set,
        instruments.tenor_code,
        instruments.tenor_months_count,
        instruments.roll_day_of_month,
        instruments.quote_kind,
        instruments.etf_ticker,
        instruments.session_calendar,
        instruments.dv01_usd_per_bp_per_mm,
        instruments.transaction_cost_bps,
        instruments.roll_cost_bps,
        instruments.coupon_bps,
        instruments.recovery_share,
        instruments.is_enabled
    from instruments

)

select * from final
