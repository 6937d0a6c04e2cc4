-- Every delivered credit event of a reference entity with the first reason against using it.
-- Grain: one row per source_row_number.
-- Tie-break: of equal rows of one key the first of the file is kept; rows that differ are all rejected.

with

quoted as (

    select distinct red_code from {{ ref('int_cds_bond__cds_curves_cleaned') }}

),

examined as (

    select
        events.*,
        case
            when {{ date_unusable('events.event_date') }} then 'date_missing_or_unreadable'
            when events.red_code is null then 'red_code_missing'
            when events.auction_recovery_share is null and (events.raw_row_json ->> 'recovery') is not null
                then 'recovery_unreadable'
            when not events.auction_recovery_share between 0 and 1 then 'recovery_outside_plausible_range'
            when quoted.red_code is null
                then 'entity_not_in_cds_final'
            else events.row_fault
        end as own_reason
    from {{ ref('stg_markit__credit_events') }} as events
    left join quoted on events.red_code = quoted.red_code

),

final as (

    select
        source_row_number,
        red_code,
        event_date,
        auction_recovery_share,
        {{ first_fault(['event_date', 'auction_recovery_share']) }} as reject_reason,
        raw_row_json
    from examined
    window {{ key_windows(['red_code', 'event_date']) }}

)

select * from final
