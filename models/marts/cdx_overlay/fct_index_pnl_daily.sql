-- P&L of $1MM of protection sold in the series on the run of every index, explained, session by session.
-- Grain: one row per instrument_code and date.
-- instrument_code roll_example is the worked example of a roll that rpt_roll_path adds up.

select
    contracts.* exclude (
        contracts.session_date,
        contracts.is_roll,
        contracts.cumulative_roll_gap_bps,
        contracts.cumulative_roll_dv01_usd_per_bp_per_mm
    )
    replace (contracts.maturity_date::date as maturity_date),
    quotes.session_date as date,
    quotes.series_number,
    quotes.spread_bps,
    quotes.coupon_bps,
    contracts.is_roll as is_roll_day,
    case
        when quotes.roll_down_bps is null then 'no_slope'
        when contracts.is_roll then 'rolled'
        else 'ok'
    end as roll_down_status
from {{ ref('int_cdx_overlay__contract_quotes_joined') }} as quotes
inner join {{ ref('int_cdx_overlay__contracts_repriced') }} as contracts
    on
        quotes.instrument_code = contracts.instrument_code
        and quotes.session_date = contracts.session_date::date
