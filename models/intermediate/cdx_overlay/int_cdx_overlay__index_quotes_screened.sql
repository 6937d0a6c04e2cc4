-- Every delivered index quote with the instrument that it belongs to and the first reason against using it.
-- Grain: one row per data_set and source_row_number.
-- Tie-break: of equal rows of one key the first of the file is kept; rows that differ are all rejected,
-- because nothing says which is right. Rows with a reason of their own do not count as duplicates.
-- A price and a spread that disagree reject the row, unless most rows of the instrument disagree, which
-- fct_loss_checks reports as one loss.
-- Series quoted on one day are different contracts.

with

quotes as (

    select * from {{ ref('stg_market__index_quotes') }}

),

matched as (

    select * from {{ ref('int_cdx_overlay__index_quotes_matched') }}

),

examined as (

    select
        quotes.* replace (
            matched.series_number as series_number,
            converted.spread_bps as spread_bps,
            converted.price_pct_par as price_pct_par
        ),
        quotes.spread_bps as delivered_spread_bps,
        quotes.price_pct_par as delivered_price_pct_par,
        converted.price_difference_pct_par,
        matched.instrument_code,
        matched.index_code,
        matched.series_status,
        matched.maturity_date,
        case
            when {{ date_unusable('quotes.quote_date') }} then 'date_unreadable'
            when matched.instrument_code is null then 'instrument_not_in_catalog'
            when
                matched.session_calendar = 'weekdays' and isodow(quotes.quote_date) > 5
                then 'weekend_session'
            when matched.quote_kind = 'spread' and quotes.spread_bps is null
                then 'spread_missing_or_unreadable'
            when matched.quote_kind = 'price' and quotes.price_pct_par is null
                then 'price_missing_or_unreadable'
            when quotes.spread_bps is null and (quotes.raw_row_json ->> 'spread') is not null
                then 'spread_unreadable'
            when not isfinite(quotes.spread_bps) then 'spread_not_finite'
            when
                coalesce(converted.spread_bps, quotes.spread_bps) not between
                matched.plausible_min_bps and matched.plausible_max_bps
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
            when
                matched.maturity_date is null
                or quotes.quote_date
                < matched.first_on_the_run_date - {{ var('max_early_label_days') }}
                then 'series_not_yet_issued'
            when quotes.quote_date >= matched.maturity_date then 'series_matured'
            when converted.spread_bps is null or converted.price_pct_par is null
                then 'quote_not_convertible'
            when
                abs(converted.price_difference_pct_par) > {{ var('max_price_difference_pct_par') }}
                and not compared.is_systematic
                then 'price_disagrees_with_spread'
        end as own_reason
    from quotes
    left join matched
        on
            quotes.data_set = matched.data_set
            and quotes.source_row_number = matched.source_row_number
    left join {{ ref('int_cdx_overlay__index_quotes_converted') }} as converted
        on
            quotes.data_set = converted.data_set
            and quotes.source_row_number = converted.source_row_number
    left join {{ ref('int_cdx_overlay__index_quotes_compared') }} as compared
        on matched.instrument_code = compared.reason

),

final as (

    select
        examined.data_set,
        examined.source_row_number,
        examined.instrument_code,
        examined.index_code,
        examined.tenor_code,
        examined.quote_date,
        examined.series_number,
        examined.series_status,
        examined.maturity_date,
        examined.spread_bps,
        examined.price_pct_par,
        examined.delivered_spread_bps,
        examined.delivered_price_pct_par,
        examined.price_difference_pct_par,
        {{ first_fault([
            'delivered_spread_bps', 'delivered_price_pct_par', 'series_status'
        ]) }} as reject_reason,
        examined.raw_row_json
    from examined
    window {{ key_windows(['instrument_code', 'series_number', 'quote_date']) }}

)

select * from final
