-- Whether to believe a signal on an instrument: pass, hold or fail, and why in one sentence.
-- Grain: one row per score_code and instrument_code.
-- The worst outcome of its tests in fct_verdict_tests, which is the first in the alphabet: fail, hold, pass.

with

tests as (

    select *
    from {{ ref('fct_verdict_tests') }}
    where judged_kind = 'signal'

),

reasons as (

    select
        tests.judged_code,
        tests.instrument_code,
        tests.outcome,
        string_agg(tests.reason, '; ' order by tests.test_group desc, tests.test_code asc) as reasons
    from tests
    group by tests.judged_code, tests.instrument_code, tests.outcome

),

grouped as (

    select
        tests.judged_code,
        tests.instrument_code,
        coalesce(min(tests.outcome) filter (where tests.test_group = 'statistical'), 'hold')
            as statistical_outcome,
        coalesce(min(tests.outcome) filter (where tests.test_group = 'economic'), 'hold')
            as economic_outcome,
        coalesce(min(tests.outcome) filter (where tests.test_group = 'robust'), 'hold')
            as robust_outcome,
        coalesce(min(tests.outcome) filter (where tests.test_group = 'honest'), 'hold')
            as honest_outcome
    from tests
    group by tests.judged_code, tests.instrument_code

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
        judged.judged_code as score_code,
        judged.instrument_code,
        judged.statistical_outcome,
        judged.economic_outcome,
        judged.robust_outcome,
        judged.honest_outcome,
        judged.verdict,
        judged.verdict || ': ' || coalesce(reasons.reasons, 'a group has no tests') as sentence
    from judged
    left join reasons
        on
            judged.judged_code = reasons.judged_code
            and judged.instrument_code = reasons.instrument_code
            and judged.verdict = reasons.outcome

)

select * from final
