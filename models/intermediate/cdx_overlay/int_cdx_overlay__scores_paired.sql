-- Every score beside the P&L of $1MM of protection sold over the same session, for diagnostics.
-- Grain: one row per score_code, instrument_code and session_date.
-- Roll sessions carry no P&L: a generic series jumps there without anyone earning it.

with

instruments as (

    select * from {{ ref('instruments') }}

),

markets as (

    select * from {{ ref('int_cdx_overlay__markets_aligned') }}

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
        case
            when not markets.is_roll_day
                then -markets.spread_change_bps * instruments.dv01_usd_per_bp_per_mm
        end as seller_pnl_usd
    from scores
    inner join instruments on scores.instrument_code = instruments.instrument_code
    inner join markets
        on
            scores.instrument_code = markets.instrument_code
            and scores.session_date = markets.session_date
    where not scores.score_code like '%@quoted'

)

select * from final
