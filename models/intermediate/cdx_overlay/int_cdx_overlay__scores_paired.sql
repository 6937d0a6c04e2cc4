-- Every score beside the P&L of $1MM of protection sold over the same session, for diagnostics.
-- Grain: one row per score_code, instrument_code and session_date.
-- P&L is that of the contract repriced, carry in and the gap of a roll out, and null where nobody knows it.

with

contracts as (

    select * from {{ ref('int_cdx_overlay__contracts_repriced') }}

),

scores as (

    select
        signals.signal_code as score_code,
        signals.instrument_code,
        signals.session_date,
        signals.signal_z
    from {{ ref('int_cdx_overlay__signals_scored') }} as signals
    union all
    select
        composites.composite_code as score_code,
        composites.instrument_code,
        composites.session_date,
        composites.score_z as signal_z
    from {{ ref('int_cdx_overlay__signals_blended') }} as composites

),

final as (

    select
        scores.score_code,
        scores.instrument_code,
        scores.session_date,
        scores.signal_z,
        contracts.total_pnl_usd_per_mm as seller_pnl_usd
    from scores
    inner join contracts
        on
            scores.instrument_code = contracts.instrument_code
            and scores.session_date = contracts.session_date::date
    where
        not (scores.score_code like '%@quoted' or ends_with(scores.score_code, ']'))
        and {{ before_holdout('scores.session_date') }}

)

select * from final
