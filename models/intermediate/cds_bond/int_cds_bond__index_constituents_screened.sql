-- Every delivered name of an index series with the first reason against using it.
-- Grain: one row per source_row_number.
-- Tie-break: of equal rows of one key the first of the file is kept; rows that differ are all rejected.

with

index_names as (

    select distinct
        instruments.index_code,
        unnest(string_split(upper(instruments.vendor_names), ';')) as vendor_index_name
    from {{ ref('instruments') }} as instruments
    where instruments.data_set = 'desk'

),

examined as (

    select
        names.*,
        index_names.index_code,
        case
            when index_names.index_code is null then 'instrument_not_in_catalog'
            when coalesce(names.series_number, 0) < 1 then 'series_unreadable'
            when names.red_code is null then 'red_code_missing'
            -- No index gives a name a fifth of its weight.
            when not coalesce(names.weight_share > 0 and names.weight_share <= 0.2, false)
                then 'weight_outside_plausible_range'
            else names.row_fault
        end as own_reason
    from {{ ref('stg_market__index_constituents') }} as names
    left join index_names on upper(names.vendor_index_name) = index_names.vendor_index_name

),

final as (

    select
        examined.source_row_number,
        examined.index_code,
        examined.series_number,
        examined.red_code,
        examined.weight_share,
        {{ first_fault(['weight_share']) }} as reject_reason,
        examined.raw_row_json
    from examined
    window {{ key_windows(['index_code', 'series_number', 'red_code']) }}

)

select * from final
