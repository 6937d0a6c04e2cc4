-- Enabled signals, and a quoted twin of each that looks at levels without the jumps of rolls.
-- Grain: one row per signal_code.
-- A twin is the same signal on quoted levels, CODE@quoted; rpt_roll_in_signals compares what strategies earn.

with

signals as (

    select * from {{ ref('signals') }}
    where is_enabled

),

final as (

    select
        signals.*,
        null::varchar as twin_of
    from signals
    union all by name
    select
        signals.* replace (signals.signal_code || '@quoted' as signal_code, 'quoted' as level),
        signals.signal_code as twin_of
    from signals
    where signals.level = 'roll_adjusted'

)

select * from final
