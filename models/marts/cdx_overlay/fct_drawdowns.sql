-- Every spell below the previous peak of cumulative net P&L; the first peak is zero.
-- Grain: one row per run_id and drawdown_number.

with

marked as (

    select
        days.run_id,
        days.session_date as date,
        days.drawdown_usd,
        -- A session at a peak ends one spell, and the next one starts from it.
        count(*) filter (where days.drawdown_usd >= 0) over run_so_far as peak_number,
        max(case when days.drawdown_usd >= 0 then days.session_date end) over run_so_far as peak_date
    from {{ ref('int_cdx_overlay__days_marked') }} as days
    window
        run_so_far as (
            partition by days.run_id
            order by days.session_date
            rows between unbounded preceding and current row
        )

),

spells as (

    select
        marked.run_id,
        marked.peak_number,
        min(marked.peak_date) as peak_date,
        min(marked.date) as start_date,
        arg_min(marked.date, (marked.drawdown_usd, marked.date)) as trough_date,
        max(marked.date) as last_date,
        min(marked.drawdown_usd) as depth_usd,
        count(*)::integer as underwater_sessions
    from marked
    where marked.drawdown_usd < 0
    group by marked.run_id, marked.peak_number

),

recoveries as (

    select
        marked.run_id,
        marked.peak_number - 1 as peak_number,
        min(marked.date) as recovery_date
    from marked
    where marked.drawdown_usd >= 0
    group by marked.run_id, marked.peak_number

),

final as (

    select
        spells.run_id,
        row_number() over by_depth::integer as drawdown_number,
        spells.peak_date,
        spells.start_date,
        spells.trough_date,
        recoveries.recovery_date,
        spells.depth_usd,
        spells.underwater_sessions,
        date_diff('day', spells.start_date, spells.trough_date)::integer as to_trough_days,
        date_diff('day', spells.trough_date, recoveries.recovery_date)::integer
            as to_recovery_days,
        recoveries.recovery_date is null as is_open
    from spells
    left join recoveries
        on spells.run_id = recoveries.run_id and spells.peak_number = recoveries.peak_number
    window
        by_depth as (partition by spells.run_id order by spells.depth_usd, spells.start_date)

)

select * from final
