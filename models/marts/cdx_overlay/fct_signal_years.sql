-- How well every score foretold the P&L of protection sold in each calendar year.
-- Grain: one row per score_code, instrument_code, horizon_sessions and year_number.

select
    diagnosed.score_code,
    diagnosed.instrument_code,
    diagnosed.horizon_sessions::integer as horizon_sessions,
    diagnosed.member::integer as year_number,
    diagnosed.pearson_ic_ratio,
    diagnosed.spearman_ic_ratio,
    diagnosed.pair_count::integer as pair_count,
    diagnosed.diagnostic_status
from {{ ref('int_cdx_overlay__signals_diagnosed') }} as diagnosed
where diagnosed.part = 'year'
