-- What strategies and signals are judged by: each test with its value, its bar, the outcome and the reason.
-- Grain: one row per judged_kind, judged_code, instrument_code and test_code.
-- Stress: twice the cost and a session later. A value that nobody knows is never a pass. Companions, passive
-- sellers and points of sweeps are not judged; a point is once it is a row of strategies.csv.

with

walked as (

    select
        walked.family_code,
        min(walked.scheme_sharpe_ratio) as worst_sharpe_ratio
    from {{ ref('fct_walk_forward') }} as walked
    where walked.scheme in ('anchored', 'holdout')
    group by walked.family_code

),

-- A strategy is the point of a sweep that has its rules; of several sweeps the worst.
plateaus as (

    select
        points.trial_id,
        min(
            case
                when points.sharpe_ratio > 0
                    then points.neighbour_median_sharpe_ratio / points.sharpe_ratio
            end
        ) as neighbour_sharpe_ratio
    from {{ ref('fct_sweep_points') }} as points
    group by points.trial_id

),

strategy_values as (

    select
        'strategy' as judged_kind,
        performance.strategy_code as judged_code,
        strategies.instrument_code,
        performance.run_id,
        unnest([
            {
                'test_code': 'family_wise_p',
                'test_value': selection.family_wise_p_share,
                'unknown_reason': selection.test_status
            },
            { 'test_code': 'closed_trades', 'test_value': performance.trade_count, 'unknown_reason': '' },
            {
                'test_code': 'stressed_return',
                'test_value': stressed.annualised_return_dec,
                'unknown_reason': coalesce(stressed.sharpe_status, 'not_stressed')
            },
            {
                'test_code': 'stressed_excess_sharpe',
                'test_value': stressed.sharpe_ratio - passive.sharpe_ratio,
                'unknown_reason': case
                    when passive.sharpe_status = 'ok' then coalesce(stressed.sharpe_status, 'not_stressed')
                    else 'no_passive_seller'
                end
            },
            {
                'test_code': 'sharpe_without_best_year',
                'test_value': performance.sharpe_without_best_year_ratio,
                'unknown_reason': if(selection.test_status = 'ok', 'one_year_only', selection.test_status)
            },
            {
                'test_code': 'walk_forward_sharpe',
                'test_value': walked.worst_sharpe_ratio,
                'unknown_reason': 'insufficient_sessions'
            },
            {
                'test_code': 'neighbour_sharpe',
                'test_value': plateaus.neighbour_sharpe_ratio,
                'unknown_reason': if(plateaus.trial_id is null, 'not_swept', 'no_gain')
            },
            {
                'test_code': 'overfitting_share',
                'test_value': case
                    when selection.family_tested_run_count = 1 then 0
                    else selection.family_overfitting_share
                end,
                'unknown_reason': selection.joint_status
            },
            {
                'test_code': 'lost_ledger',
                'test_value': (ledger.ledger_status <> 'whole')::integer,
                'unknown_reason': ''
            },
            {
                'test_code': 'holdout_looks',
                'test_value': ledger.holdout_access_count,
                'unknown_reason': ''
            }
        ]) as test
    from {{ ref('fct_strategy_performance') }} as performance
    inner join {{ ref('dim_strategies') }} as strategies on performance.run_id = strategies.run_id
    inner join {{ ref('fct_selection_tests') }} as selection on performance.run_id = selection.run_id
    inner join {{ ref('fct_run_ledger') }} as ledger on performance.run_id = ledger.run_id
    left join walked on selection.family_code = walked.family_code
    left join plateaus on selection.trial_id = plateaus.trial_id
    left join {{ ref('fct_strategy_stress') }} as stressed
        on
            performance.run_id = stressed.run_id
            and stressed.stress_code = 'cost_x2_lag_plus_1'
    left join {{ ref('fct_strategy_stress') }} as passive
        on
            performance.benchmark_code = passive.strategy_code
            and passive.stress_code = 'cost_x2_lag_plus_1'
    where selection.is_trial and strategies.sweep_code is null

),

found as (

    select
        strategy_values.* exclude (strategy_values.test),
        strategy_values.test.test_code,
        strategy_values.test.test_value,
        strategy_values.test.unknown_reason
    from strategy_values
    union all by name
    select signals.* from {{ ref('int_cdx_overlay__signals_valued') }} as signals

),

judged as (

    select
        found.*,
        bars.* exclude (bars.test_code),
        case bars.comparison
            when 'at_most' then found.test_value <= bars.bar_value
            when 'at_least' then found.test_value >= bars.bar_value
            when 'above' then found.test_value > bars.bar_value
        end as is_met
    from found
    inner join {{ ref('verdict_bars') }} as bars
        on found.test_code = bars.test_code

),

final as (

    select
        judged.judged_kind,
        judged.judged_code,
        judged.instrument_code,
        judged.test_code,
        judged.run_id,
        judged.test_group,
        judged.test_value,
        judged.comparison,
        judged.bar_value,
        case
            when judged.is_met then 'pass' when judged.is_met is null then 'hold' else judged.missed_outcome
        end as outcome,
        case
            when judged.is_met is null
                then
                    'unknown whether ' || judged.passed_words || ' ('
                    || replace(judged.unknown_reason, '_', ' ') || ')'
            else
                if(judged.is_met, judged.passed_words, judged.missed_words) || ' ('
                || format('{:.3g}', judged.test_value) || ', '
                || replace(judged.comparison, '_', ' ') || ' ' || format('{:.3g}', judged.bar_value) || ')'
        end as reason
    from judged

)

select * from final
