-- P&L of $1MM of protection sold in the series on the run of every index, explained, session by session.
-- Grain: one row per instrument_code and date.
-- instrument_code roll_example is the worked example of a roll that rpt_roll_path adds up.

with

quotes as (

    select * from {{ ref('int_cdx_overlay__contract_quotes_joined') }}

),

contracts as (

    select * from {{ ref('int_cdx_overlay__contracts_repriced') }}

),

final as (

    select
        quotes.instrument_code,
        quotes.session_date as date,
        quotes.series_number::integer as series_number,
        contracts.maturity_date::date as maturity_date,
        quotes.spread_bps,
        quotes.coupon_bps,
        contracts.upfront_pct_par,
        contracts.rpv01_years,
        contracts.dv01_usd_per_bp_per_mm,
        contracts.held_dv01_usd_per_bp_per_mm,
        contracts.coupon_pnl_usd_per_mm,
        contracts.time_pnl_usd_per_mm,
        contracts.roll_down_pnl_usd_per_mm,
        contracts.spread_pnl_usd_per_mm,
        contracts.rates_pnl_usd_per_mm,
        contracts.total_pnl_usd_per_mm,
        contracts.mark_usd_per_mm,
        contracts.is_roll as is_roll_day,
        contracts.roll_gap_bps,
        contracts.pnl_status,
        case
            when quotes.roll_down_bps is null then 'no_slope'
            when contracts.is_roll then 'rolled'
            else 'ok'
        end as roll_down_status
    from quotes
    inner join contracts
        on
            quotes.instrument_code = contracts.instrument_code
            and quotes.session_date = contracts.session_date::date

)

select * from final
