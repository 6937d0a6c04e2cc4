-- Every delivered index quote with the instrument that it belongs to and the first reason against using it.
-- Grain: one row per data_set and source_row_number.
-- Tie-break: of equal rows of one key the first of the file is kept; rows that differ are all rejected,
-- because nothing says which is right. Rows with a reason of their own do not count as duplicates.
-- Series quoted on one day are different contracts. A quote without a label belongs to the series labelled on
-- its day, else to the one that the roll rule puts on the run.

with

quotes as (

    select * from {{ ref('stg_market__index_quotes') }}

),

named as (

    select
        instruments.*,
        unnest(string_split(instruments.vendor_names, ';')) as vendor_index_name
    from {{ ref('instruments') }} as instruments
    where instruments.kind = 'cdx' and instruments.is_enabled

),

-- Instruments of one index and tenor follow different series of the same quotes.
instruments as (

    select named.*
    from named
    qualify
        row_number() over (
            partition by named.data_set, upper(named.vendor_index_name), named.tenor_code
            order by named.series_policy <> 'on_the_run', named.instrument_code
        ) = 1

),

series as (

    select * from {{ ref('int_cdx_overlay__index_series_dated') }}

),

labelled as (

    select
        quotes.* exclude (series_number),
        quotes.series_number as label_number,
        instruments.instrument_code,
        instruments.index_code,
        instruments.tenor_months_count,
        instruments.session_calendar,
        instruments.plausible_min_bps,
        instruments.plausible_max_bps,
        case
            when quotes.series_number is not null then 'delivered'
            when max(quotes.series_number) over same_day is not null then 'label_of_the_day'
            else 'roll_rule'
        end as series_status,
        coalesce(quotes.series_number, max(quotes.series_number) over same_day, by_rule.series_number)
            as series_number
    from quotes
    left join instruments
        on
            quotes.data_set = instruments.data_set
            and quotes.tenor_code = instruments.tenor_code
            and upper(quotes.vendor_index_name) = upper(instruments.vendor_index_name)
    asof left join series as by_rule
        on
            instruments.index_code = by_rule.index_code
            and quotes.quote_date >= by_rule.first_on_the_run_date
    window same_day as (partition by instruments.instrument_code, quotes.quote_date)

),

examined as (

    select
        quotes.*,
        case
            when {{ date_unusable('quotes.quote_date') }} then 'date_unreadable'
            when quotes.instrument_code is null then 'instrument_not_in_catalog'
            when
                quotes.session_calendar = 'weekdays' and isodow(quotes.quote_date) > 5
                then 'weekend_session'
            when quotes.spread_bps is null then 'spread_missing_or_unreadable'
            when not isfinite(quotes.spread_bps) then 'spread_not_finite'
            when
                quotes.spread_bps not between quotes.plausible_min_bps and quotes.plausible_max_bps
                then 'spread_outside_plausible_range'
            when
                coalesce(quotes.label_number, 0) < 1
                and (quotes.raw_row_json ->> 'series') is not null
                then 'series_unreadable'
            when
                quotes.price_pct_par is null and (quotes.raw_row_json ->> 'price') is not null
                then 'price_unreadable'
            when not (isfinite(quotes.price_pct_par) and quotes.price_pct_par > 0)
                then 'price_not_positive'
            -- Per 100 of face; no index trades below recovery or far above the value of its coupons.
            when quotes.price_pct_par not between 10 and 200 then 'price_outside_plausible_range'
            when
                series.series_number is null
                or quotes.quote_date < series.first_on_the_run_date - {{ var('max_early_label_days') }}
                then 'series_not_yet_issued'
            when
                quotes.quote_date
                >= series.tenor_starts_date + to_months(quotes.tenor_months_count)
                then 'series_matured'
        end as own_reason
    from labelled as quotes
    left join series
        on
            quotes.index_code = series.index_code
            and quotes.series_number = series.series_number

),

final as (

    select
        examined.data_set,
        examined.source_row_number,
        examined.instrument_code,
        examined.index_code,
        examined.tenor_code,
        examined.tenor_months_count,
        examined.quote_date,
        examined.series_number,
        examined.series_status,
        examined.spread_bps,
        examined.price_pct_par,
        {{ first_fault(['spread_bps', 'price_pct_par', 'label_number']) }} as reject_reason,
        examined.raw_row_json
    from examined
    window {{ key_windows(['instrument_code', 'series_number', 'quote_date']) }}

)

select * from final
