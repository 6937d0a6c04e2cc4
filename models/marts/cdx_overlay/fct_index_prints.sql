-- Trades of each series of an index on each day: the middle of their spreads, the range and the volume.
-- Grain: one row per instrument_code, series_number and trade_date.
-- Drops: trades that fct_rejected_rows names.

select
    prints.instrument_code,
    prints.series_number,
    prints.quote_date as trade_date,
    prints.maturity_date,
    median(prints.implied_spread_bps) as mid_spread_bps,
    min(prints.implied_spread_bps) as min_spread_bps,
    max(prints.implied_spread_bps) as max_spread_bps,
    median(prints.price_pct_par) as mid_price_pct_par,
    count(*)::integer as trade_count,
    count_if(prints.spread_bps is null)::integer as price_only_count,
    count_if(prints.is_capped)::integer as capped_count,
    {{ exact_sum('prints.notional_usd', 'usd') }} as volume_usd
from {{ ref('int_cdx_overlay__index_prints_screened') }} as prints
where prints.reject_reason is null
group by prints.instrument_code, prints.series_number, prints.quote_date, prints.maturity_date
