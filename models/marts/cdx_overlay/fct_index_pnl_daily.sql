-- P&L of $1MM of protection sold in the series that each instrument follows, explained, session by session.
-- Grain: one row per instrument_code and date.
-- instrument_code roll_example is the worked example of a roll that rpt_roll_path adds up.

select
    contracts.* exclude (
        contracts.session_date,
        contracts.is_roll,
        contracts.cumulative_roll_gap_bps,
        contracts.cumulative_roll_dv01_usd_per_bp_per_mm,
        contracts.cumulative_roll_count,
        contracts.cumulative_unknown_pnl_count,
        contracts.unfunded_return_dec,
        contracts.unfunded_index_ratio,
        contracts.funded_return_dec,
        contracts.funded_index_ratio
    ),
    quotes.session_date as date,
    quotes.series_number,
    quotes.maturity_date,
    quotes.spread_bps,
    quotes.coupon_bps,
    quotes.index_factor_share,
    quotes.index_version_number,
    quotes.defaulted_share,
    contracts.is_roll as is_roll_day,
    case
        when quotes.roll_down_bps is null then 'no_slope'
        when contracts.is_roll and quotes.old_series_spread_bps is null then 'rolled'
        else 'ok'
    end as roll_down_status
from {{ ref('int_cdx_overlay__contract_quotes_joined') }} as quotes
inner join {{ ref('int_cdx_overlay__contracts_repriced') }} as contracts
    on
        quotes.instrument_code = contracts.instrument_code
        and quotes.session_date = contracts.session_date::date
