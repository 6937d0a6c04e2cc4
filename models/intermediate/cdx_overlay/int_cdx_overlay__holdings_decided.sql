-- What every strategy of the catalog holds at its last session, and what the scores known by then do next.
-- Grain: one row per run_id.
-- Decided: the position after the next close, as far as the score of the last close decides it. Where a score
-- is traded two sessions later or more, the nearer ones are left out of account.
-- Drops: runs on other than the desk's data, companions, points of sweeps and passive sellers.

with

inputs as (

    select * from {{ ref('int_cdx_overlay__strategy_inputs_joined') }}

),

last_inputs as (

    select * from inputs
    where spread_bps is not null
    qualify row_number() over (partition by signal_code, market_code order by session_date desc) = 1

),

composites as (

    select distinct
        listed.composite_code,
        listed.instrument_code
    from {{ ref('int_cdx_overlay__composites_listed') }} as listed

),

runs as (

    select
        strategies.*,
        coalesce(composites.instrument_code, strategies.market_code) as score_market_code
    from {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies
    left join composites on strategies.signal_code = composites.composite_code
    where
        strategies.data_set = 'desk'
        and strategies.companion_of is null
        and strategies.sweep_code is null
        and not strategies.is_benchmark

),

last_days as (

    select days.*
    from {{ ref('int_cdx_overlay__days_marked') }} as days
    semi join runs on days.run_id = runs.run_id
    qualify row_number() over (partition by days.run_id order by days.session_date desc) = 1

),

last_trades as (

    select
        trades.*,
        entries.cumulative_roll_gap_bps as entry_roll_gap_bps,
        entries.spread_change_deviation_bps as entry_deviation_bps
    from {{ ref('int_cdx_overlay__trades_collected') }} as trades
    inner join runs on trades.run_id = runs.run_id
    inner join inputs as entries
        on
            runs.signal_code = entries.signal_code
            and runs.market_code = entries.market_code
            and trades.entry_date = entries.session_date
    qualify row_number() over (partition by trades.run_id order by trades.trade_number desc) = 1

),

since_exit as (

    select
        trades.run_id,
        count(*) as session_count,
        count(days.signal_z) as given_count,
        count(*) filter (where abs(days.signal_z) < 1e-9) as zero_count,
        count(*) filter (where sign(days.signal_z) <> trades.direction_sign) as turned_count
    from last_trades as trades
    inner join {{ ref('int_cdx_overlay__days_marked') }} as days
        on trades.run_id = days.run_id and trades.exit_date < days.session_date
    group by trades.run_id

),

known as (

    select
        runs.*,
        last_days.session_date,
        last_days.direction_sign as held_sign,
        last_days.position_notional_mm,
        last_days.held_sessions,
        last_days.signal_z as acted_score,
        last_inputs.signal_z as score,
        last_inputs.spread_bps,
        last_inputs.spread_change_deviation_bps as daily_deviation_bps,
        if(
            runs.pnl_model = 'repriced',
            coalesce(last_inputs.risk_dv01_usd_per_bp_per_mm, runs.dv01_usd_per_bp_per_mm),
            runs.dv01_usd_per_bp_per_mm
        ) as risk_dv01_usd_per_bp_per_mm,
        trades.entry_date,
        trades.entry_notional_mm,
        trades.entry_deviation_bps,
        trades.gross_pnl_usd as open_pnl_usd,
        trades.entry_spread_bps
        + if(
            runs.pnl_model = 'repriced', last_inputs.cumulative_roll_gap_bps - trades.entry_roll_gap_bps, 0
        ) as entry_level_bps,
        coalesce(runs.exit_threshold, 1e-9) as exit_z,
        if(runs.opposite_signal_policy = 'reverse', 1e-9, runs.entry_threshold) as reverse_z,
        coalesce(
            trades.exit_reason in ('stop_loss', 'take_profit', 'max_holding')
            and case runs.cooldown_release
                when 'none' then false
                when 'sessions'
                    then coalesce(since.session_count, 0) + 1 < coalesce(runs.cooldown_sessions, 1)
                when 'next_session'
                    then coalesce(since.given_count, 0) = 0 and last_inputs.signal_z is null
                else
                    coalesce(since.zero_count, 0) = 0
                    and not coalesce(abs(last_inputs.signal_z) < 1e-9, false)
                    and (
                        runs.cooldown_release = 'zero_signal'
                        or coalesce(since.turned_count, 0) = 0
                        and coalesce(sign(last_inputs.signal_z) = trades.direction_sign, true)
                    )
            end, false
        ) as is_waiting,
        if(
            runs.entry_comparison = 'above',
            abs(last_inputs.signal_z) > runs.entry_threshold,
            abs(last_inputs.signal_z) >= runs.entry_threshold
        ) as passes_entry,
        if(
            runs.exit_basis = 'signed',
            last_inputs.signal_z * last_days.direction_sign,
            abs(last_inputs.signal_z)
        ) < exit_z or last_days.held_sessions + 1 >= runs.max_holding_sessions as passes_exit,
        sign(last_inputs.signal_z) = -last_days.direction_sign as is_opposite
    from runs
    inner join last_days on runs.run_id = last_days.run_id
    inner join last_inputs
        on runs.signal_code = last_inputs.signal_code and runs.market_code = last_inputs.market_code
    left join last_trades as trades on runs.run_id = trades.run_id
    left join since_exit as since on runs.run_id = since.run_id

),

final as (

    select
        known.*,
        (case
            when known.signal_lag_sessions = 0 or known.score is null then known.held_sign
            when known.held_sign = 0
                then if(known.passes_entry and not known.is_waiting, sign(known.score), 0)
            when
                known.is_opposite
                and (
                    known.opposite_signal_policy = 'reverse'
                    or (known.opposite_signal_policy = 'reverse_if_entry' and known.passes_entry)
                )
                then -known.held_sign
            when known.passes_exit then 0
            else known.held_sign
        end)::integer as decided_sign,
        case
            when decided_sign = known.held_sign
                then if(known.held_sign <> 0, 'hold', if(known.is_waiting, 'wait', 'stay_flat'))
            when known.held_sign = 0 then if(decided_sign > 0, 'enter_long', 'enter_short')
            else if(decided_sign = 0, 'exit', 'reverse')
        end as next_action
    from known

)

select * from final
