-- Every delivered index quote with the instrument that it belongs to and the first reason against using it.
-- Grain: one row per data_set and source_row_number.
-- Tie-break: of equal rows of one key the first of the file is kept; rows that differ are all rejected,
-- because nothing says which is right. Rows with a reason of their own do not count as duplicates.
-- A price and a spread that disagree reject the row, unless most rows of the instrument disagree, which
-- fct_loss_checks reports as one loss.
-- Of several series quoted on one day the newest is the contract; the others are set aside, not in conflict.

with

quotes as (

    select * from {{ ref('stg_market__index_quotes') }}

),

instruments as (

    select
        instruments.instrument_code,
        instruments.data_set,
        instruments.tenor_code,
        instruments.quote_kind,
        instruments.session_calendar,
        instruments.plausible_min_bps,
        instruments.plausible_max_bps,
        unnest(string_split(instruments.vendor_names, ';')) as vendor_index_name
    from {{ ref('instruments') }} as instruments
    where instruments.kind = 'cdx' and instruments.is_enabled

),

read_alone as (

    select
        quotes.* replace (converted.spread_bps as spread_bps, converted.price_pct_par as price_pct_par),
        quotes.spread_bps as delivered_spread_bps,
        quotes.price_pct_par as delivered_price_pct_par,
        converted.price_difference_pct_par,
        instruments.instrument_code,
        case
            when {{ date_unusable('quotes.quote_date') }} then 'date_unreadable'
            when instruments.instrument_code is null then 'instrument_not_in_catalog'
            when
                instruments.session_calendar = 'weekdays' and isodow(quotes.quote_date) > 5
                then 'weekend_session'
            when instruments.quote_kind = 'spread' and quotes.spread_bps is null
                then 'spread_missing_or_unreadable'
            when instruments.quote_kind = 'price' and quotes.price_pct_par is null
                then 'price_missing_or_unreadable'
            when quotes.spread_bps is null and (quotes.raw_row_json ->> 'spread') is not null
                then 'spread_unreadable'
            when not isfinite(quotes.spread_bps) then 'spread_not_finite'
            when
                coalesce(converted.spread_bps, quotes.spread_bps) not between
                instruments.plausible_min_bps and instruments.plausible_max_bps
                then 'spread_outside_plausible_range'
            when
                coalesce(quotes.series_number, 0) < 1
                and (quotes.raw_row_json ->> 'series') is not null
                then 'series_unreadable'
            when
                quotes.price_pct_par is null and (quotes.raw_row_json ->> 'price') is not null
                then 'price_unreadable'
            when not (isfinite(quotes.price_pct_par) and quotes.price_pct_par > 0)
                then 'price_not_positive'
            -- Per 100 of face; no index trades below recovery or far above the value of its coupons.
            when quotes.price_pct_par not between 10 and 200 then 'price_outside_plausible_range'
            when converted.spread_bps is null or converted.price_pct_par is null
                then 'quote_not_convertible'
            when
                abs(converted.price_difference_pct_par) > {{ var('max_price_difference_pct_par') }}
                and not compared.is_systematic
                then 'price_disagrees_with_spread'
        end as own_reason
    from quotes
    left join instruments
        on
            quotes.data_set = instruments.data_set
            and quotes.tenor_code = instruments.tenor_code
            and upper(quotes.vendor_index_name) = upper(instruments.vendor_index_name)
    left join {{ ref('int_cdx_overlay__index_quotes_converted') }} as converted
        on
            quotes.data_set = converted.data_set
            and quotes.source_row_number = converted.source_row_number
    left join {{ ref('int_cdx_overlay__index_quotes_compared') }} as compared
        on instruments.instrument_code = compared.reason

),

examined as (

    select
        read_alone.* replace (
            case
                when read_alone.own_reason is not null then read_alone.own_reason
                when read_alone.series_number < max(read_alone.series_number) over same_day
                    then 'off_the_run_series'
            end as own_reason
        )
    from read_alone
    window
        same_day as (
            partition by
                read_alone.instrument_code, read_alone.quote_date, read_alone.own_reason is null
        )

),

final as (

    select
        examined.data_set,
        examined.source_row_number,
        examined.instrument_code,
        examined.quote_date,
        examined.series_number,
        examined.spread_bps,
        examined.price_pct_par,
        examined.delivered_spread_bps,
        examined.delivered_price_pct_par,
        examined.price_difference_pct_par,
        {{ first_fault([
            'delivered_spread_bps', 'delivered_price_pct_par', 'series_number'
        ]) }} as reject_reason,
        examined.raw_row_json
    from examined
    window {{ key_windows(['instrument_code', 'quote_date']) }}

)

select * from final
