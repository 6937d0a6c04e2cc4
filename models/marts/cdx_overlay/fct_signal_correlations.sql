-- How much two scores of an instrument say the same.
-- Grain: one row per score_code, other_score_code and instrument_code.

select
    diagnosed.score_code,
    diagnosed.member as other_score_code,
    diagnosed.instrument_code,
    diagnosed.correlation_ratio,
    diagnosed.pair_count::integer as pair_count,
    diagnosed.diagnostic_status
from {{ ref('int_cdx_overlay__signals_diagnosed') }} as diagnosed
where diagnosed.part = 'score'
