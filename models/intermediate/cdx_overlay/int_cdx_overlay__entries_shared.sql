-- What each trade was opened on: the strength of the score, and the share of every signal that spoke for it.
-- Grain: one row per run_id, trade_number and signal_code.
-- Of a composite the signals whose weighted score had the sign of the trade share it by size. A trade that
-- none of them spoke for, as after standardising again, is that of `none`.

with

sessions as (

    select
        levels.instrument_code,
        levels.session_date,
        levels.vix_regime,
        row_number() over (
            partition by levels.instrument_code order by levels.session_date
        ) as session_number
    from {{ ref('int_cdx_overlay__levels_adjusted') }} as levels

),

entries as (

    select
        trades.run_id,
        trades.trade_number,
        trades.direction_sign,
        runs.signal_code as score_code,
        runs.instrument_code,
        entry_sessions.session_number - runs.signal_lag_sessions as scored_session_number,
        case
            when abs(days.signal_z) >= 3 then '3 and more'
            else
                format('{:.1f} to ', floor(abs(days.signal_z) * 2) / 2)
                || format('{:.1f}', floor(abs(days.signal_z) * 2) / 2 + 0.5)
        end as strength_at_entry
    from {{ ref('int_cdx_overlay__trades_collected') }} as trades
    inner join {{ ref('int_cdx_overlay__runs_kept') }} as runs on trades.run_id = runs.run_id
    inner join {{ ref('int_cdx_overlay__days_marked') }} as days
        on trades.run_id = days.run_id and trades.entry_date = days.session_date
    inner join sessions as entry_sessions
        on
            runs.instrument_code = entry_sessions.instrument_code
            and trades.entry_date = entry_sessions.session_date

),

own_regimes as (

    select distinct
        members.composite_code,
        members.regime
    from {{ ref('int_cdx_overlay__composites_listed') }} as members
    where members.regime <> 'any'

),

spoken as (

    select
        entries.run_id,
        entries.trade_number,
        members.signal_code,
        greatest(entries.direction_sign * members.weight_ratio * scores.signal_z, 0) as voice_z
    from entries
    inner join sessions
        on
            entries.instrument_code = sessions.instrument_code
            and entries.scored_session_number = sessions.session_number
    inner join {{ ref('int_cdx_overlay__composites_listed') }} as members
        on entries.score_code = members.composite_code
    left join own_regimes
        on members.composite_code = own_regimes.composite_code and sessions.vix_regime = own_regimes.regime
    inner join {{ ref('int_cdx_overlay__signals_scored') }} as scores
        on
            members.signal_code = scores.signal_code
            and members.instrument_code = scores.instrument_code
            and sessions.session_date = scores.session_date
    where members.regime = coalesce(own_regimes.regime, 'any')

),

heard as (

    select
        spoken.run_id,
        spoken.trade_number,
        {{ exact_sum('spoken.voice_z', 'dec') }} as voices_z
    from spoken
    group by spoken.run_id, spoken.trade_number

),

shared as (

    select
        spoken.run_id,
        spoken.trade_number,
        spoken.signal_code,
        spoken.voice_z / heard.voices_z as signal_share
    from spoken
    inner join heard on spoken.run_id = heard.run_id and spoken.trade_number = heard.trade_number
    where spoken.voice_z > 0

),

composites as (

    select distinct members.composite_code
    from {{ ref('int_cdx_overlay__composites_listed') }} as members

),

final as (

    select
        entries.run_id,
        entries.trade_number,
        entries.strength_at_entry,
        case
            when shared.signal_code is not null then shared.signal_code
            when composites.composite_code is not null then 'none'
            else entries.score_code
        end as signal_code,
        coalesce(shared.signal_share, 1) as signal_share
    from entries
    left join shared on entries.run_id = shared.run_id and entries.trade_number = shared.trade_number
    left join composites on entries.score_code = composites.composite_code

)

select * from final
