-- The series that each instrument follows, session by session: what was held into the session, what it rolls
-- into, and the names that left in between. The one place where a roll is decided.
-- Grain: one row per instrument_code and session_date.
-- Tie-break: none needed, a series is quoted once a day.
-- Drops: quotes of series that the instrument's policy does not follow; fct_row_accounting counts them.

with

quotes as (

    select * from {{ ref('int_cdx_overlay__series_dated') }}

),

offered as (

    select
        instruments.instrument_code,
        instruments.series_policy,
        quotes.*,
        first_value(quotes.series_number) over from_the_first as first_series_number
    from {{ ref('instruments') }} as instruments
    inner join quotes
        on
            instruments.data_set = quotes.data_set
            and instruments.index_code = quotes.index_code
            and instruments.tenor_code = quotes.tenor_code
    where instruments.is_enabled
    window
        from_the_first as (
            partition by instruments.instrument_code
            order by quotes.quote_date asc, quotes.series_number desc
            rows between unbounded preceding and current row
        )

),

followed as (

    select
        offered.*,
        lag(offered.series_number) over sessions_in_order as held_series_number,
        lag(offered.quote_date) over sessions_in_order as held_since_date
    from offered
    where
        case offered.series_policy
            when 'on_the_run' then offered.is_on_the_run
            when 'hold' then offered.series_number = offered.first_series_number
            else offered.series_policy = 'series ' || offered.series_number
        end
    window
        sessions_in_order as (
            partition by offered.instrument_code order by offered.quote_date
        )

),

defaults as (

    select
        followed.instrument_code,
        followed.quote_date,
        {{ exact_sum('events.weight_share', 'dec') }} as weight_share,
        case
            when count(*) = count(events.auction_recovery_share)
                then {{ exact_sum('events.weight_share * events.auction_recovery_share', 'dec') }}
        end as recovered_share,
        {{ exact_sum(
            "events.weight_share * date_diff('day', followed.held_since_date, events.event_date)", 'dec'
        ) }} as weighted_days
    from followed
    inner join {{ ref('int_cdx_overlay__index_events_screened') }} as events
        on
            followed.index_code = events.index_code
            and followed.held_series_number = events.series_number
            and followed.held_since_date < events.effective_date
            and followed.quote_date >= events.effective_date
    where followed.data_set = 'desk' and events.reject_reason is null
    group by followed.instrument_code, followed.quote_date

),

final as (

    select
        followed.instrument_code,
        followed.quote_date as session_date,
        followed.data_set,
        followed.index_code,
        followed.series_number,
        followed.series_status,
        followed.maturity_date,
        followed.spread_bps,
        followed.price_pct_par,
        followed.delivered_spread_bps,
        followed.delivered_price_pct_par,
        followed.price_difference_pct_par,
        followed.index_factor_share,
        followed.index_version_number,
        coalesce(followed.series_number <> followed.held_series_number, false) as is_roll_day,
        old_quotes.spread_bps as old_series_spread_bps,
        coalesce(defaults.weight_share, 0) as defaulted_share,
        defaults.recovered_share / defaults.weight_share as auction_recovery_share,
        defaults.weighted_days / defaults.weight_share as default_days
    from followed
    left join quotes as old_quotes
        on
            followed.data_set = old_quotes.data_set
            and followed.index_code = old_quotes.index_code
            and followed.tenor_code = old_quotes.tenor_code
            and followed.held_series_number = old_quotes.series_number
            and followed.series_number <> followed.held_series_number
            and followed.quote_date = old_quotes.quote_date
    left join defaults
        on
            followed.instrument_code = defaults.instrument_code
            and followed.quote_date = defaults.quote_date

)

select * from final
