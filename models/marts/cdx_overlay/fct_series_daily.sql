-- Quotes of every series of every index, on and off the run side by side.
-- Grain: one row per data_set, index_code, tenor_code, series_number and date.

select
    * exclude (
        quote_date, quoting_instrument_code, delivered_spread_bps, delivered_price_pct_par
    ),
    quote_date as date
from {{ ref('int_cdx_overlay__series_dated') }}
