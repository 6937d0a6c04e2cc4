-- How well every score predicted the P&L of sold protection, and how slowly it fades, by horizon.
-- Grain: one row per score_code, instrument_code and horizon_sessions.

with

diagnostics as (

    select * from {{ ref('int_cdx_overlay__signals_diagnosed') }}

),

final as (

    select
        diagnostics.score_code,
        diagnostics.instrument_code,
        diagnostics.horizon_sessions::integer as horizon_sessions,
        diagnostics.pearson_ic_ratio,
        diagnostics.spearman_ic_ratio,
        diagnostics.newey_west_t_ratio,
        diagnostics.pair_count::integer as pair_count,
        diagnostics.ar1_ratio,
        diagnostics.half_life_sessions,
        diagnostics.autocorrelation_ratio,
        diagnostics.coverage_share,
        diagnostics.diagnostic_status
    from diagnostics

)

select * from final
