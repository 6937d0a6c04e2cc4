-- Whether to believe a signal on an instrument: pass, hold or fail, and why in one sentence.
-- Grain: one row per score_code and instrument_code.
-- The worst outcome of its tests in fct_verdict_tests; a group without a test holds.

select
    tests.judged_code as score_code,
    tests.instrument_code,
    {{ verdict('tests') }}
from {{ ref('fct_verdict_tests') }} as tests
where tests.judged_kind = 'signal'
group by tests.judged_code, tests.instrument_code
