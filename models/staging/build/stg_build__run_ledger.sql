-- What earlier builds recorded of their runs.
-- Grain: one row per build_id and run_id.

select
    source.build_id,
    source.built_at,
    source.is_restart,
    source.run_id,
    source.trial_id,
    source.leader_trial_id,
    source.family_code,
    source.strategy_code,
    source.is_trial,
    source.rules_json,
    source.signal_json,
    source.data_fingerprint,
    source.session_sharpe_ratio,
    source.session_count,
    source.first_month_date,
    source.monthly_return_dec,
    source.joined_trial_numbers,
    source.joined_sharpe_ratio,
    source.joined_equivalent_count,
    source.holdout_first_date
from {{ source('build', 'run_ledger') }} as source
