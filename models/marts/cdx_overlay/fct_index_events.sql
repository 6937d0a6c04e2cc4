-- Credit events beside the quotes around them: those delivered, and public ones that only a jump shows.
-- Grain: one row per instrument_code, date and entity_name.
-- A public event of known_credit_events counts when the largest fall of the quote in the ten days from its
-- auction is beyond four deviations of the sixty changes before, and no event of the series is delivered.

with

params as (

    select
        10 as window_days,
        4.0 as jump_deviations

),

sessions as (

    select
        followed.*,
        markets.spread_change_bps,
        lag(followed.spread_bps) over sessions_in_order as spread_before_bps,
        lag(followed.series_number) over sessions_in_order as held_series_number,
        lag(followed.session_date) over sessions_in_order as held_since_date,
        stddev_samp(if(followed.is_roll_day, null, markets.spread_change_bps)) over sixty_before
            as change_deviation_bps
    from {{ ref('int_cdx_overlay__series_followed') }} as followed
    inner join {{ ref('int_cdx_overlay__markets_aligned') }} as markets
        on
            followed.instrument_code = markets.instrument_code
            and followed.session_date = markets.session_date
    where followed.data_set = 'desk'
    window
        sessions_in_order as (
            partition by followed.instrument_code order by followed.session_date
        ),
        sixty_before as (
            partition by followed.instrument_code
            order by followed.session_date
            rows between 60 preceding and 1 preceding
        )

),

events as (

    select * from {{ ref('int_cdx_overlay__index_events_screened') }}
    where reject_reason is null

),

delivered as (

    select
        sessions.*,
        events.entity_name,
        events.effective_date,
        events.event_date,
        events.weight_share,
        events.auction_recovery_share as event_recovery_share,
        'delivered' as event_status
    from sessions
    inner join events
        on
            sessions.index_code = events.index_code
            and sessions.held_series_number = events.series_number
            and sessions.held_since_date < events.effective_date
            and sessions.session_date >= events.effective_date

),

jumps as (

    select
        sessions.*,
        known.entity_name,
        known.known_date as effective_date,
        null::date as event_date,
        null::double as weight_share,
        null::double as event_recovery_share,
        'known_and_not_delivered' as event_status
    from sessions
    cross join params
    inner join {{ ref('known_credit_events') }} as known
        on
            sessions.index_code = known.index_code
            and sessions.session_date between known.known_date and known.known_date + params.window_days
    anti join events
        on
            sessions.index_code = events.index_code
            and sessions.series_number = events.series_number
            and abs(events.effective_date - known.known_date) <= 60
    where
        not sessions.is_roll_day
        and sessions.spread_change_bps < -params.jump_deviations * sessions.change_deviation_bps
    qualify
        row_number() over (
            partition by sessions.instrument_code, known.entity_name
            order by sessions.spread_change_bps, sessions.session_date
        ) = 1

),

noted as (

    select * from delivered
    union all
    select * from jumps

),

final as (

    select
        noted.instrument_code,
        noted.session_date as date,
        noted.entity_name,
        noted.held_series_number as series_number,
        noted.effective_date,
        noted.event_date,
        noted.weight_share,
        noted.event_recovery_share as auction_recovery_share,
        noted.index_version_number,
        noted.index_factor_share,
        noted.spread_before_bps,
        noted.spread_bps,
        noted.event_status
    from noted

)

select * from final
