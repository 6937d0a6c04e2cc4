-- Every strategy of the catalog and every passive seller under other costs, lags and first sessions.
-- Grain: one row per run_id and stress_code.
-- Stops look at P&L before cost, so a multiplied cost moves no trade.

with

measured as (

    select
        simulated.*,
        performance.strategy_code,
        performance.is_benchmark,
        performance.total_net_pnl_usd as base_net_pnl_usd,
        case
            when simulated.session_count < {{ var('min_session_count') }}
                then 'insufficient_sessions'
            when
                simulated.trade_count < {{ var('min_shown_trade_count') }}
                and not performance.is_benchmark
                then 'insufficient_trades'
            when simulated.sharpe_ratio is null then 'no_deviation'
            else 'ok'
        end as sharpe_status
    from {{ ref('int_cdx_overlay__stresses_simulated') }} as simulated
    inner join {{ ref('fct_strategy_performance') }} as performance
        on simulated.run_id = performance.run_id

),

final as (

    select
        measured.run_id,
        measured.strategy_code,
        measured.is_benchmark,
        measured.stress_code,
        stresses.cost_ratio,
        stresses.lag_ratio,
        coalesce(stresses.added_lag_sessions, 0) as added_lag_sessions,
        measured.signal_lag_sessions::integer as signal_lag_sessions,
        coalesce(stresses.start_offset_sessions, 0) as start_offset_sessions,
        stresses.stressed_vix_pts,
        stresses.stressed_cost_ratio,
        measured.session_count::integer as session_count,
        measured.trade_count::integer as trade_count,
        measured.total_gross_pnl_usd,
        measured.total_cost_usd,
        measured.total_net_pnl_usd,
        measured.total_net_pnl_usd - measured.base_net_pnl_usd as change_from_base_usd,
        measured.max_drawdown_usd,
        case when measured.sharpe_status = 'ok' then measured.annualised_return_dec end
            as annualised_return_dec,
        case when measured.sharpe_status = 'ok' then measured.sharpe_ratio end as sharpe_ratio,
        measured.sharpe_status
    from measured
    inner join {{ ref('stresses') }} as stresses on measured.stress_code = stresses.stress_code

)

select * from final
