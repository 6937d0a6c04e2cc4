-- What every strategy and passive seller earned by calendar year, by sub-period and by regime of the VIX.
-- Grain: one row per run_id, period_kind and period_code.
-- A regime is that of the session before, which the position was taken in.

with

days as (

    select
        days.run_id,
        days.strategy_code,
        days.date,
        days.net_pnl_usd,
        days.net_pnl_usd / performance.capital_usd as return_dec,
        performance.sessions_per_year_ratio,
        coalesce(
            lag(levels.vix_regime) over (partition by days.run_id order by days.date), 'unknown'
        ) as vix_regime
    from {{ ref('fct_backtest_days') }} as days
    inner join {{ ref('fct_strategy_performance') }} as performance on days.run_id = performance.run_id
    left join {{ ref('int_cdx_overlay__levels_adjusted') }} as levels
        on days.instrument_code = levels.instrument_code and days.date = levels.session_date

),

parted as (

    select
        days.*,
        'year' as period_kind,
        year(days.date)::varchar as period_code
    from days
    union all by name
    select
        days.*,
        'regime' as period_kind,
        days.vix_regime as period_code
    from days
    union all by name
    select
        days.*,
        'sub_period' as period_kind,
        periods.period_code
    from days
    inner join {{ ref('sub_periods') }} as periods
        on days.date between periods.first_date and periods.last_date

),

summed as (

    select
        parted.run_id,
        parted.strategy_code,
        parted.period_kind,
        parted.period_code,
        min(parted.date) as first_date,
        max(parted.date) as last_date,
        parted.sessions_per_year_ratio,
        count(*)::integer as session_count,
        {{ exact_sum('parted.net_pnl_usd', 'usd') }} as net_pnl_usd,
        {{ exact_sum('parted.return_dec', 'dec') }} as return_dec,
        {{ exact_sum('parted.return_dec * parted.return_dec', 'dec') }} as square_dec
    from parted
    group by
        parted.run_id, parted.strategy_code, parted.sessions_per_year_ratio, parted.period_kind,
        parted.period_code

),

measured as (

    select
        summed.*,
        (summed.square_dec - summed.return_dec ^ 2 / summed.session_count)
        / nullif(summed.session_count - 1, 0) as variance_dec
    from summed

),

final as (

    select
        measured.run_id,
        measured.strategy_code,
        measured.period_kind,
        measured.period_code,
        measured.first_date,
        measured.last_date,
        measured.session_count,
        measured.net_pnl_usd,
        measured.return_dec,
        case
            when measured.variance_dec > 1e-14 and measured.session_count >= {{ var('min_session_count') }}
                then
                    measured.return_dec / measured.session_count / sqrt(measured.variance_dec)
                    * sqrt(measured.sessions_per_year_ratio)
        end as sharpe_ratio,
        case
            when measured.session_count < {{ var('min_session_count') }} then 'insufficient_sessions'
            when measured.variance_dec > 1e-14 then 'ok'
            else 'no_deviation'
        end as sharpe_status
    from measured

)

select * from final
