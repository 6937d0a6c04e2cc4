-- Every printed number that can be made here: of the replaced systems, and of papers that print their inputs.
-- Grain: one row per source_code and case_name.

with

notebook as (

    unpivot (
        select
            replicas.strategy_code,
            replicas.macrocredit_total_return_usd as total_pnl_usd,
            replicas.macrocredit_annualised_return_usd as annualised_pnl_usd,
            replicas.macrocredit_annualised_volatility_usd as annualised_volatility_usd,
            replicas.macrocredit_max_drawdown_usd as max_drawdown_usd,
            replicas.macrocredit_sharpe_ratio as sharpe_ratio,
            replicas.macrocredit_calmar_ratio as calmar_ratio,
            replicas.macrocredit_hit_rate_share as hit_rate_share,
            replicas.macrocredit_avg_win_usd as avg_win_usd,
            replicas.macrocredit_avg_holding_sessions as avg_holding_sessions
        from {{ ref('fct_replica_performance') }} as replicas
        where replicas.strategy_code in ('macrocredit', 'macrocredit_spread_cost')
    )
    on total_pnl_usd, annualised_pnl_usd, annualised_volatility_usd, max_drawdown_usd, sharpe_ratio,
    calmar_ratio, hit_rate_share, avg_win_usd, avg_holding_sessions
    into name case_name value our_value

),

printed as (

    select
        printed.case_name,
        printed.unit,
        printed.printed_value,
        printed.tolerance_value
    from (
        values
        ('total_pnl_usd', 'usd', 383425.54, 0.005),
        ('annualised_pnl_usd', 'usd', 416479.47, 0.005),
        ('annualised_volatility_usd', 'usd', 340441.81, 0.005),
        ('max_drawdown_usd', 'usd', -1000.0, 0.005),
        ('sharpe_ratio', 'ratio', 1.22, 0.005),
        ('calmar_ratio', 'ratio', 416.48, 0.005),
        ('hit_rate_share', 'share', 1.0, 0.0005),
        ('avg_win_usd', 'usd', 62792.69, 0.005),
        ('avg_holding_sessions', 'sessions', 0.5, 0.05)
    ) as printed (case_name, unit, printed_value, tolerance_value)

),

listed as (

    select
        cases.source_code,
        cases.case_name,
        cases.unit,
        cases.printed_value,
        cases.our_value,
        cases.tolerance_value,
        cases.reason
    from {{ ref('published_cases') }} as cases
    union all
    select
        if(notebook.strategy_code = 'macrocredit', 'macrocredit_notebook', 'macrocredit_notebook_repaired')
            as source_code,
        notebook.case_name,
        printed.unit,
        printed.printed_value,
        notebook.our_value,
        printed.tolerance_value,
        case
            when notebook.strategy_code <> 'macrocredit'
                then 'four repairs, one at a time in rpt_macrocredit_bridge'
        end as reason
    from notebook
    inner join printed on notebook.case_name = printed.case_name

),

final as (

    select
        listed.source_code,
        listed.case_name,
        listed.unit,
        listed.printed_value,
        listed.our_value,
        listed.our_value - listed.printed_value as difference_value,
        -- Half of the last printed digit, and what a decimal cannot hold.
        abs(listed.our_value - listed.printed_value) <= listed.tolerance_value * (1 + 1e-6) as is_reproduced,
        listed.reason
    from listed

)

select * from final
