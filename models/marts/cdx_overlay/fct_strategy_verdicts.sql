-- Whether to believe a strategy: pass, hold or fail, and why in one sentence.
-- Grain: one row per run_id.
-- The worst outcome of its tests in fct_verdict_tests, which is the first in the alphabet: fail, hold, pass.

with

tests as (

    select *
    from {{ ref('fct_verdict_tests') }}
    where judged_kind = 'strategy'

),

reasons as (

    select
        tests.run_id,
        tests.outcome,
        string_agg(tests.reason, '; ' order by tests.test_group desc, tests.test_code asc) as reasons
    from tests
    group by tests.run_id, tests.outcome

),

grouped as (

    select
        tests.run_id,
        coalesce(min(tests.outcome) filter (where tests.test_group = 'statistical'), 'hold')
            as statistical_outcome,
        coalesce(min(tests.outcome) filter (where tests.test_group = 'economic'), 'hold')
            as economic_outcome,
        coalesce(min(tests.outcome) filter (where tests.test_group = 'robust'), 'hold')
            as robust_outcome,
        coalesce(min(tests.outcome) filter (where tests.test_group = 'honest'), 'hold')
            as honest_outcome
    from tests
    group by tests.run_id

),

judged as (

    select
        grouped.*,
        least(
            grouped.statistical_outcome, grouped.economic_outcome,
            grouped.robust_outcome, grouped.honest_outcome
        ) as verdict
    from grouped

),

final as (

    select
        judged.run_id,
        selection.strategy_code,
        selection.method,
        selection.family_code,
        selection.trial_count,
        selection.effective_trial_count,
        selection.family_wise_p_share,
        judged.statistical_outcome,
        judged.economic_outcome,
        judged.robust_outcome,
        judged.honest_outcome,
        judged.verdict,
        judged.verdict || ': ' || coalesce(reasons.reasons, 'a group has no tests') as sentence
    from judged
    left join reasons
        on judged.run_id = reasons.run_id and judged.verdict = reasons.outcome
    inner join {{ ref('fct_selection_tests') }} as selection on judged.run_id = selection.run_id

)

select * from final
