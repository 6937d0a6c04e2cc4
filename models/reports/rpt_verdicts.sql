-- Every verdict and its reasons: what the page says of strategies and signals.
-- Grain: one row per judged_kind, judged_code and instrument_code.

select
    'strategy' as judged_kind,
    strategies.strategy_code as judged_code,
    strategies.instrument_code,
    verdicts.method,
    verdicts.trial_count,
    verdicts.statistical_outcome,
    verdicts.economic_outcome,
    verdicts.robust_outcome,
    verdicts.honest_outcome,
    verdicts.verdict,
    verdicts.sentence
from {{ ref('fct_strategy_verdicts') }} as verdicts
inner join {{ ref('dim_strategies') }} as strategies on verdicts.run_id = strategies.run_id
union all by name
select
    'signal' as judged_kind,
    verdicts.score_code as judged_code,
    verdicts.* exclude (score_code)
from {{ ref('fct_signal_verdicts') }} as verdicts
