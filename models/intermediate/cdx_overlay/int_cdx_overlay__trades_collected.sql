-- Every trade from fill to fill, exit day and both costs included; an open trade has no exit date.
-- Grain: one row per run_id and trade_number.

with

days as (

    select
        days.*,
        row_number() over run_in_order as session_number
    from {{ ref('int_cdx_overlay__days_marked') }} as days
    window
        run_in_order as (partition by days.run_id order by days.session_date)

),

-- A reversal day belongs to two trades: the old one earns and closes, the new one opens.
legs as (

    select
        days.run_id,
        days.held_trade_number as trade_number,
        days.session_date,
        days.session_number,
        false as is_entry,
        days.held_trade_number <> days.open_trade_number as is_exit,
        days.position_notional_mm,
        days.spread_bps,
        days.exit_reason,
        days.gross_pnl_usd,
        days.closing_cost_usd
        + days.roll_cost_usd
        + case
            when days.held_trade_number = days.open_trade_number then days.opening_cost_usd else 0
        end as cost_usd
    from days
    where days.held_trade_number > 0
    union all
    select
        days.run_id,
        days.open_trade_number as trade_number,
        days.session_date,
        days.session_number,
        true as is_entry,
        false as is_exit,
        days.position_notional_mm,
        days.spread_bps,
        null as exit_reason,
        0.0 as gross_pnl_usd,
        days.opening_cost_usd as cost_usd
    from days
    where days.open_trade_number > 0 and days.open_trade_number <> days.held_trade_number

),

running as (

    select
        legs.*,
        sum(legs.gross_pnl_usd) over trade_so_far as running_pnl_usd
    from legs
    window
        trade_so_far as (
            partition by legs.run_id, legs.trade_number
            order by legs.session_date
            rows between unbounded preceding and current row
        )

),

final as (

    select
        running.run_id,
        running.trade_number,
        min(running.session_date) as entry_date,
        max(running.session_date) filter (where running.is_exit) as exit_date,
        max(sign(running.position_notional_mm)) filter (where running.is_entry)::integer
            as direction_sign,
        max(abs(running.position_notional_mm)) filter (where running.is_entry)
            as entry_notional_mm,
        max(abs(running.position_notional_mm)) filter (where not running.is_exit)
            as largest_notional_mm,
        max(running.spread_bps) filter (where running.is_entry) as entry_spread_bps,
        max(running.spread_bps) filter (where running.is_exit) as exit_spread_bps,
        (max(running.session_number) - min(running.session_number))::integer as held_sessions,
        {{ exact_sum('running.gross_pnl_usd', 'usd') }} as gross_pnl_usd,
        {{ exact_sum('running.cost_usd', 'usd') }} as cost_usd,
        {{ exact_sum('running.gross_pnl_usd', 'usd') }}
        - {{ exact_sum('running.cost_usd', 'usd') }} as net_pnl_usd,
        least(min(running.running_pnl_usd), 0) as max_adverse_excursion_usd,
        greatest(max(running.running_pnl_usd), 0) as max_favourable_excursion_usd,
        coalesce(max(running.exit_reason) filter (where running.is_exit), 'still_open')
            as exit_reason,
        not bool_or(running.is_exit) as is_open
    from running
    group by running.run_id, running.trade_number

)

select * from final
