-- How sure every run is, alone, beside its family, and after all trials that the family has ever had.
-- Grain: one row per run_id.

select
    trials.run_id,
    trials.strategy_code,
    trials.method,
    trials.family_code,
    trials.trial_id,
    tests.leader_trial_id,
    trials.is_trial,
    tests.session_count::integer as session_count,
    tests.trial_count::integer as trial_count,
    tests.effective_trial_count::integer as effective_trial_count,
    tests.session_sharpe_ratio,
    tests.lo_t_ratio,
    tests.lo_ar1_t_ratio,
    tests.mertens_t_ratio,
    tests.newey_west_t_ratio,
    tests.p_share,
    tests.family_wise_p_share,
    tests.stepwise_p_share,
    tests.false_discovery_share,
    tests.dependent_false_discovery_share,
    tests.probabilistic_sharpe_share,
    tests.trial_sharpe_sd_ratio,
    tests.deflated_sharpe_share,
    tests.expected_max_sharpe_ratio,
    tests.effective_deflated_sharpe_share,
    tests.min_track_record_sessions,
    tests.min_backtest_sessions,
    tests.family_tested_run_count::integer as family_tested_run_count,
    tests.family_superior_p_share,
    tests.family_superior_lower_p_share,
    tests.family_superior_upper_p_share,
    tests.family_overfitting_share,
    tests.block_sessions,
    tests.test_status,
    tests.joint_status
from {{ ref('int_cdx_overlay__trials_identified') }} as trials
inner join {{ ref('int_cdx_overlay__selection_tested') }} as tests on trials.run_id = tests.run_id
where tests.test_status <> 'not_kept'
