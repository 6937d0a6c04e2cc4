-- Every delivered volatility quote with the first reason against using it.
-- Grain: one row per data_set and source_row_number.
-- Tie-break: of equal rows of one date the first of the file is kept; rows that differ are all rejected.

with

quotes as (

    select * from {{ ref('stg_market__volatility_quotes') }}

),

examined as (

    select
        quotes.*,
        case
            when {{ date_unusable('quotes.quote_date') }} then 'date_unreadable'
            when quotes.data_set = 'desk' and isodow(quotes.quote_date) > 5 then 'weekend_session'
            when quotes.vix_close_pts is null then 'level_missing_or_unreadable'
            when quotes.row_fault is not null then quotes.row_fault
            when not isfinite(quotes.vix_close_pts) then 'level_not_finite'
            -- The index is quoted in points; its record close is 82.69. A value below 3 is a fraction.
            when quotes.vix_close_pts not between 3 and 200 then 'level_outside_plausible_range'
        end as own_reason
    from quotes

),

final as (

    select
        examined.data_set,
        examined.source_row_number,
        examined.quote_date,
        examined.vix_close_pts,
        examined.vix_open_pts,
        examined.vix_high_pts,
        examined.vix_low_pts,
        {{ first_fault(['vix_close_pts']) }} as reject_reason,
        examined.raw_row_json
    from examined
    window {{ key_windows(['data_set', 'quote_date']) }}

)

select * from final
