-- Every delivered credit event of an index name with the first reason against using it.
-- Grain: one row per source_row_number.
-- Tie-break: of equal rows of one key the first of the file is kept; rows that differ are all rejected.

with

events as (

    select * from {{ ref('stg_market__index_events') }}

),

index_names as (

    select distinct
        instruments.index_code,
        unnest(string_split(upper(instruments.vendor_names), ';')) as vendor_index_name
    from {{ ref('instruments') }} as instruments
    where instruments.data_set = 'desk'

),

examined as (

    select
        events.* replace (coalesce(events.event_date, events.effective_date) as event_date),
        index_names.index_code,
        case
            when {{ date_unusable('events.effective_date') }} then 'date_unreadable'
            when index_names.index_code is null then 'instrument_not_in_catalog'
            when coalesce(events.series_number, 0) < 1 then 'series_unreadable'
            when events.entity_name is null then 'entity_missing'
            when
                events.event_date is null and (events.raw_row_json ->> 'event_date') is not null
                then 'event_date_unreadable'
            when
                not coalesce(events.event_date <= events.effective_date, true)
                then 'event_after_effective_date'
            -- No index gives a name a tenth of its weight.
            when not coalesce(events.weight_share > 0 and events.weight_share <= 0.1, false)
                then 'weight_outside_plausible_range'
            when
                events.auction_recovery_share is null
                and (events.raw_row_json ->> 'recovery') is not null
                then 'recovery_unreadable'
            when not events.auction_recovery_share between 0 and 1
                then 'recovery_outside_plausible_range'
        end as own_reason
    from events
    left join index_names on upper(events.vendor_index_name) = index_names.vendor_index_name

),

final as (

    select
        examined.source_row_number,
        examined.effective_date,
        examined.event_date,
        examined.index_code,
        examined.series_number,
        examined.index_version_number,
        examined.entity_name,
        examined.weight_share,
        examined.auction_recovery_share,
        {{ first_fault(['effective_date', 'event_date', 'weight_share', 'auction_recovery_share']) }}
            as reject_reason,
        examined.raw_row_json
    from examined
    window {{ key_windows(['index_code', 'series_number', 'entity_name']) }}

)

select * from final
