-- Every trade of an index with the spread that it implies and the first reason against using it.
-- Grain: one row per source_row_number.
-- Tie-break: of equal rows of one trade the first of the file is kept; rows that differ are all rejected.

with

prints as (

    select * from {{ ref('stg_dtcc__index_prints') }}

),

examined as (

    select
        prints.*,
        matched.instrument_code,
        matched.index_code,
        matched.maturity_date,
        coalesce(prints.spread_bps, converted.spread_bps) as implied_spread_bps,
        case
            when {{ date_unusable('prints.quote_date') }} then 'date_unreadable'
            when prints.row_fault is not null then prints.row_fault
            when prints.trade_id is null then 'trade_missing'
            when matched.instrument_code is null then 'instrument_not_in_catalog'
            when coalesce(prints.series_number, 0) < 1 then 'series_unreadable'
            when not coalesce(isfinite(prints.notional_usd) and prints.notional_usd > 0, false)
                then 'notional_not_positive'
            when coalesce(prints.spread_bps, prints.price_pct_par) is null
                then 'quote_missing_or_unreadable'
            when
                matched.maturity_date is null
                or prints.quote_date < matched.first_on_the_run_date - {{ var('max_early_label_days') }}
                then 'series_not_yet_issued'
            when prints.quote_date >= matched.maturity_date then 'series_matured'
            when coalesce(prints.spread_bps, converted.spread_bps) is null
                then 'quote_not_convertible'
            when
                not coalesce(prints.spread_bps, converted.spread_bps) between
                matched.plausible_min_bps and matched.plausible_max_bps
                then 'spread_outside_plausible_range'
        end as own_reason
    from prints
    left join {{ ref('int_cdx_overlay__index_quotes_matched') }} as matched
        on
            prints.source_row_number = matched.source_row_number
            and matched.data_set = 'prints'
    left join {{ ref('int_cdx_overlay__index_quotes_converted') }} as converted
        on
            prints.source_row_number = converted.source_row_number
            and converted.data_set = 'prints'

),

final as (

    select
        examined.source_row_number,
        examined.trade_id,
        examined.quote_date,
        examined.instrument_code,
        examined.index_code,
        examined.tenor_code,
        examined.series_number,
        examined.maturity_date,
        examined.notional_usd,
        coalesce(examined.is_capped, false) as is_capped,
        examined.spread_bps,
        examined.price_pct_par,
        examined.implied_spread_bps,
        {{ first_fault(['quote_date', 'notional_usd', 'spread_bps', 'price_pct_par']) }} as reject_reason,
        examined.raw_row_json
    from examined
    window {{ key_windows(['trade_id']) }}

)

select * from final
