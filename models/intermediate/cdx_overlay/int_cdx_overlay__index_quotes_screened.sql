-- Every delivered index quote with the instrument that it belongs to and the first reason against using it.
-- Grain: one row per data_set and source_row_number.
-- Tie-break: of equal rows of one key the first of the file is kept; rows that differ are all rejected,
-- because nothing says which is right. Rows with a reason of their own do not count as duplicates.
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
        instruments.session_calendar,
        instruments.plausible_min_bps,
        instruments.plausible_max_bps,
        unnest(string_split(instruments.vendor_names, ';')) as vendor_index_name
    from {{ ref('instruments') }} as instruments
    where instruments.kind = 'cdx' and instruments.is_enabled

),

read_alone as (

    select
        quotes.*,
        instruments.instrument_code,
        case
            when {{ date_unusable('quotes.quote_date') }} then 'date_unreadable'
            when instruments.instrument_code is null then 'instrument_not_in_catalog'
            when
                instruments.session_calendar = 'weekdays' and isodow(quotes.quote_date) > 5
                then 'weekend_session'
            when quotes.spread_bps is null then 'spread_missing_or_unreadable'
            when not isfinite(quotes.spread_bps) then 'spread_not_finite'
            when
                quotes.spread_bps not between
                instruments.plausible_min_bps and instruments.plausible_max_bps
                then 'spread_outside_plausible_range'
            when
                coalesce(quotes.series_number, 0) < 1
                and (quotes.raw_row_json ->> 'series') is not null
                then 'series_unreadable'
            when quotes.row_fault is not null then quotes.row_fault
            when not (isfinite(quotes.price_pct_par) and quotes.price_pct_par > 0)
                then 'price_not_positive'
            -- Per 100 of face; no index trades below recovery or far above the value of its coupons.
            when quotes.price_pct_par not between 10 and 200 then 'price_outside_plausible_range'
        end as own_reason
    from quotes
    left join instruments
        on
            quotes.data_set = instruments.data_set
            and quotes.tenor_code = instruments.tenor_code
            and upper(instruments.vendor_index_name)
            in (upper(quotes.vendor_index_name), {{ without_series('upper(quotes.vendor_index_name)') }})
    -- A catalog may have an instrument for one series.
    qualify
        row_number() over (
            partition by quotes.data_set, quotes.source_row_number
            order by upper(instruments.vendor_index_name) = upper(quotes.vendor_index_name) desc nulls last
        ) = 1

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
        {{ first_fault(['spread_bps', 'price_pct_par', 'series_number']) }} as reject_reason,
        examined.raw_row_json
    from examined
    window {{ key_windows(['instrument_code', 'quote_date']) }}

)

select * from final
