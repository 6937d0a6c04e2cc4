-- Delivered index quotes with the terms and the discount rate that turn a spread into a price and back.
-- Grain: one row per data_set and source_row_number.
-- Tie-break: none needed, one enabled instrument has a vendor name and tenor.
-- Drops: rows of no enabled instrument or without a date; the screened model says so.

with

quotes as (

    select * from {{ ref('stg_market__index_quotes') }} as quotes
    where not {{ date_unusable('quotes.quote_date') }}

),

instruments as (

    select
        instruments.*,
        unnest(string_split(instruments.vendor_names, ';')) as vendor_index_name
    from {{ ref('instruments') }} as instruments
    where instruments.kind = 'cdx' and instruments.is_enabled

),

discount_rates as (

    {{ index_discount_rates() }}

),

final as (

    select
        quotes.data_set,
        quotes.source_row_number,
        instruments.instrument_code,
        quotes.quote_date,
        quotes.series_number,
        quotes.spread_bps,
        quotes.price_pct_par,
        instruments.quote_kind,
        instruments.coupon_bps,
        instruments.recovery_share,
        instruments.tenor_months_count,
        instruments.roll_day_of_month,
        coalesce(discount_rates.discount_rate_dec, {{ var('index_discount_rate_dec') }})
            as discount_rate_dec
    from quotes
    inner join instruments
        on
            quotes.data_set = instruments.data_set
            and quotes.tenor_code = instruments.tenor_code
            and upper(quotes.vendor_index_name) = upper(instruments.vendor_index_name)
    asof left join discount_rates on quotes.quote_date >= discount_rates.curve_date

)

select * from final
