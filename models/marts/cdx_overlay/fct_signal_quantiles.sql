-- What $1MM of protection sold earned after low and after high scores, by fifth of the score.
-- Grain: one row per score_code, instrument_code, horizon_sessions and quantile_number.

select
    diagnosed.score_code,
    diagnosed.instrument_code,
    diagnosed.horizon_sessions::integer as horizon_sessions,
    diagnosed.member::integer as quantile_number,
    diagnosed.mean_pnl_usd_per_mm,
    diagnosed.pair_count::integer as pair_count,
    diagnosed.diagnostic_status
from {{ ref('int_cdx_overlay__signals_diagnosed') }} as diagnosed
where diagnosed.part = 'quantile'
