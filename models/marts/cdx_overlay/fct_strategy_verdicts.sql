-- Whether to believe a strategy: pass, hold or fail, and why in one sentence.
-- Grain: one row per run_id.
-- The worst outcome of its tests in fct_verdict_tests; a group without a test holds.

select
    selection.run_id,
    selection.strategy_code,
    selection.method,
    selection.family_code,
    selection.trial_count,
    selection.effective_trial_count,
    selection.family_wise_p_share,
    {{ verdict('tests') }}
from {{ ref('fct_verdict_tests') }} as tests
inner join {{ ref('fct_selection_tests') }} as selection on tests.run_id = selection.run_id
group by all
