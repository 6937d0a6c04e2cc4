-- Every catalogued signal on every instrument: indicator, normalised score and signed signal.
-- Grain: one row per signal_code, instrument_code and date.
-- Sign of the signal: positive = long credit risk = protection sold.

with

signals as (

    select * from {{ ref('signals') }}

),

scores as (

    select * from {{ ref('int_cdx_overlay__signals_scored') }}

),

final as (

    select
        scores.signal_code,
        scores.instrument_code,
        scores.session_date as date,
        signals.method,
        scores.indicator_value,
        signals.indicator_unit,
        scores.score_z,
        scores.signal_z as signal,
        scores.score_status
    from scores
    inner join signals on scores.signal_code = signals.signal_code

)

select * from final
