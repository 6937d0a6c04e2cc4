-- From the notebook's printed result to a defensible one: each row repairs one more thing.
-- Grain: one row per step_number.

with

steps as (

    select
        listed.step_number,
        listed.strategy_code,
        listed.title,
        listed.explanation
    from (
        values
        (
            1, 'macrocredit', 'As printed',
            'Every day books the P&L since entry again; DV01 of 4,750 dollars per $1MM; same-day fill.'
        ),
        (
            2, 'macrocredit_incremental', 'P&L from day to day',
            'The position earns the change since the last close, not since entry once more.'
        ),
        (
            3, 'macrocredit_dv01_475', 'DV01 of 475',
            'A 5-year index loses about 475 dollars per basis point and $1MM, a tenth of what was used.'
        ),
        (
            4, 'macrocredit_next_session_fill', 'Filled at the next session',
            'A score that uses the close of a day cannot be traded at that close.'
        ),
        (
            5, 'macrocredit_spread_cost', 'Cost in basis points of spread',
            'One basis point of spread costs the DV01, 4.75 times one basis point of notional.'
        )
    ) as listed (step_number, strategy_code, title, explanation)

),

final as (

    select
        steps.step_number::integer as step_number,
        steps.strategy_code,
        steps.title,
        steps.explanation,
        performance.session_count,
        performance.trade_count,
        performance.total_net_pnl_usd,
        performance.total_net_pnl_usd
        - lag(performance.total_net_pnl_usd) over in_order as change_from_previous_usd,
        replicas.macrocredit_sharpe_ratio as sharpe_ratio,
        replicas.macrocredit_annualised_volatility_usd as annualised_volatility_usd,
        replicas.macrocredit_max_drawdown_usd as max_drawdown_usd,
        performance.quality_status
    from steps
    inner join {{ ref('fct_strategy_performance') }} as performance
        on steps.strategy_code = performance.strategy_code
    inner join {{ ref('fct_replica_performance') }} as replicas on performance.run_id = replicas.run_id
    window in_order as (order by steps.step_number)

)

select * from final
