-- Legs of the members of portfolios, and of strategies that have limits, with the multiple held of each.
-- Grain: one row per book_code, strategy_code, leg_number and session_date.
-- A book has the sessions of all its members; between its own a member keeps its position and earns nothing.
-- The multiple of a member is set at the close by P&L of earlier sessions.

with

legs as (

    select * from {{ ref('int_cdx_overlay__legs_marked') }}

),

members as (

    select
        portfolios.* exclude (portfolios.portfolio_code, portfolios.is_enabled),
        portfolios.portfolio_code as book_code,
        'portfolio' as book_kind,
        count(*) over (partition by portfolios.portfolio_code) as listed_member_count
    from {{ ref('portfolios') }} as portfolios
    where portfolios.is_enabled
    union all by name
    select distinct
        limits.book_code,
        'strategy' as book_kind,
        1 as listed_member_count,
        strategies.strategy_code,
        1.0 as weight_ratio,
        'fixed' as weighting,
        'none' as netting,
        strategies.capital_usd
    from {{ ref('limits') }} as limits
    inner join {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies
        on limits.book_code = strategies.strategy_code
    where limits.is_enabled

),

earned as (

    select
        days.run_id,
        days.strategy_code,
        days.session_date,
        date_trunc('month', days.session_date)
        > lag(date_trunc('month', days.session_date)) over in_order as is_first_of_month,
        count(*) over sessions_before as session_count,
        stddev_samp(days.net_pnl_usd) over sessions_before as deviation_usd,
        min(days.session_date) over sessions_before as first_date,
        max(days.session_date) over sessions_before as last_date
    from {{ ref('int_cdx_overlay__days_marked') }} as days
    where days.strategy_code in (select members.strategy_code from members)
    window
        in_order as (partition by days.run_id order by days.session_date),
        sessions_before as (
            partition by days.run_id
            order by days.session_date
            rows between {{ var('book_window_sessions') }} preceding and 1 preceding
        )

),

-- Of the sessions before; it stays as it was where there are too few, or none with a P&L.
-- A year has 252 sessions of daily data, else as many as the window has.
volatilities as (

    select
        earned.run_id,
        earned.strategy_code,
        earned.session_date,
        (earned.session_count - 1) * 365.25
        / nullif(date_diff('day', earned.first_date, earned.last_date), 0) as delivered_rate_ratio,
        nullif(earned.deviation_usd, 0)
        * sqrt(if(delivered_rate_ratio < 0.9 * 252, delivered_rate_ratio, 252)) as volatility_usd
    from earned
    where earned.is_first_of_month and earned.session_count >= {{ var('book_window_sessions') }} / 2

),

calendar as (

    select distinct
        members.book_code,
        legs.session_date
    from members
    inner join legs on members.strategy_code = legs.strategy_code

),

places as (

    select distinct
        members.*,
        legs.run_id,
        legs.leg_number,
        legs.instrument_code
    from members
    inner join legs on members.strategy_code = legs.strategy_code

),

final as (

    select
        places.*,
        calendar.session_date,
        legs.* exclude (
            legs.run_id, legs.session_date, legs.strategy_code, legs.leg_number, legs.instrument_code
        ) replace (
            {% for name in ['position_notional_mm', 'dv01_usd_per_bp', 'jump_to_default_usd'] -%}
                coalesce(last_value(legs.{{ name }} ignore nulls) over so_far, 0) as {{ name }}
                {{- ',' if not loop.last }}
            {% endfor %}
        ),
        case places.weighting
            when 'fixed' then places.weight_ratio
            else
                coalesce(
                    last_value(
                        case
                            when volatilities.volatility_usd is not null  -- which least would skip
                                then
                                    least(
                                        places.weight_ratio * places.target_volatility_usd
                                        / volatilities.volatility_usd,
                                        {{ var('book_scale_cap_ratio') }}
                                    )
                        end ignore nulls
                    ) over so_far,
                    0
                )
        end as scale_ratio
    from places
    inner join calendar on places.book_code = calendar.book_code
    left join legs
        on
            places.run_id = legs.run_id
            and places.leg_number = legs.leg_number
            and calendar.session_date = legs.session_date
    left join volatilities
        on places.run_id = volatilities.run_id and calendar.session_date = volatilities.session_date
    window
        so_far as (
            partition by places.book_code, places.strategy_code, places.leg_number
            order by calendar.session_date
            rows between unbounded preceding and current row
        )

)

select * from final
