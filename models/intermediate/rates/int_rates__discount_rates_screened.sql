-- Every delivered zero rate of a discount curve with the first reason against using it.
-- Grain: one row per source_row_number.
-- Tie-break: of equal lines of one curve, date and maturity the first of the file is kept; lines that differ
-- are all rejected.

with

read_alone as (

    select
        rates.*,
        case
            when rates.curve_name is null then 'curve_missing'
            when {{ date_unusable('rates.curve_date') }} then 'date_missing_or_unreadable'
            when not coalesce(rates.node_years > 0 and rates.node_years <= 100, false)
                then 'years_outside_plausible_range'
            when rates.delivered_rate_dec is null then 'zero_rate_missing_or_unreadable'
            when rates.zero_rate_dec is null then 'compounding_unknown'
            when not abs(rates.zero_rate_dec) <= {{ var('max_treasury_yield_dec') }}
                then 'zero_rate_outside_plausible_range'
            else rates.row_fault
        end as own_reason
    from {{ ref('stg_market__discount_rates') }} as rates

),

final as (

    select
        read_alone.source_row_number,
        read_alone.curve_name,
        read_alone.curve_date,
        read_alone.node_years,
        read_alone.zero_rate_dec,
        {{ first_fault(['zero_rate_dec']) }} as reject_reason,
        read_alone.raw_row_json
    from read_alone
    window {{ key_windows(['curve_name', 'curve_date', 'node_years']) }}

)

select * from final
