-- The worked example of a roll: from the constant-DV01 P&L on the generic spread to what was earned.
-- Grain: one row per step_number.
-- Protection sold on 10 million on the first session, rolled once at half of bid-ask in either series.

with

params as (

    select
        10.0 as notional_mm,
        475.0 as constant_dv01_usd_per_bp_per_mm,
        0.25 as half_spread_bps,
        100.0 as usd_per_year_per_mm  -- one basis point for a year of risky annuity

),

days as (

    select
        days.*,
        params.*,
        days.spread_bps - lag(days.spread_bps) over sessions_in_order as spread_change_bps,
        row_number() over sessions_in_order as session_number
    from {{ ref('fct_index_pnl_daily') }} as days
    cross join params
    where days.instrument_code = 'roll_example'
    window sessions_in_order as (order by days.date)

),

amounts as (

    select
        -{{ exact_sum(
            'days.notional_mm * days.constant_dv01_usd_per_bp_per_mm * days.spread_change_bps', 'usd'
        ) }} as generic_usd,
        {{ exact_sum(
            'days.notional_mm * days.constant_dv01_usd_per_bp_per_mm * days.roll_gap_bps', 'usd'
        ) }} as roll_gap_usd,
        {{ exact_sum('days.notional_mm * days.spread_pnl_usd_per_mm', 'usd') }} as spread_usd,
        {{ exact_sum('days.notional_mm * days.coupon_pnl_usd_per_mm', 'usd') }} as coupon_usd,
        {{ exact_sum('days.notional_mm * days.time_pnl_usd_per_mm', 'usd') }} as time_usd,
        -max(
            case
                when days.session_number = 1
                    then
                        days.notional_mm * days.half_spread_bps
                        * days.rpv01_years * days.usd_per_year_per_mm
            end
        ) as entry_cost_usd,
        -max(
            case
                when days.is_roll_day
                    then
                        days.notional_mm * days.half_spread_bps
                        * (days.rpv01_years + days.held_rpv01_years) * days.usd_per_year_per_mm
            end
        ) as roll_cost_usd
    from days

),

steps as (

    select
        listed.step_number,
        listed.title,
        listed.explanation,
        listed.pnl_usd
    from amounts
    cross join lateral (
        values
        (
            1, 'Generic spread, constant DV01', amounts.generic_usd,
            '475 dollars per basis point and $1MM on every change of the quoted spread.'
        ),
        (
            2, 'Gap between the series taken out', amounts.roll_gap_usd,
            'The new series quotes wider because it is longer; nobody loses that.'
        ),
        (
            3, 'DV01 follows spread and age', amounts.spread_usd
            - amounts.generic_usd
            - amounts.roll_gap_usd,
            'The contract is repriced instead of multiplied.'
        ),
        (
            4, 'Coupon', amounts.coupon_usd,
            '100 basis points a year for the calendar days held.'
        ),
        (
            5, 'Time', amounts.time_usd,
            'A seller who was paid for less than the coupon gives the difference back as time passes.'
        ),
        (
            6, 'Cost of entry', amounts.entry_cost_usd,
            'Half of bid-ask, a running spread, at the risky annuity of the day.'
        ),
        (
            7, 'Cost of the roll', amounts.roll_cost_usd,
            'Half of bid-ask in the old series and in the new one.'
        )
    ) as listed (step_number, title, pnl_usd, explanation)

),

final as (

    select
        steps.step_number::integer as step_number,
        steps.title,
        steps.explanation,
        steps.pnl_usd,
        sum(steps.pnl_usd) over so_far as total_pnl_usd
    from steps
    window
        so_far as (
            order by steps.step_number rows between unbounded preceding and current row
        )

)

select * from final
