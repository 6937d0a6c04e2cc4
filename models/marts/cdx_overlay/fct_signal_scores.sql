-- Every catalogued signal on every instrument: indicator, normalised score and signed signal.
-- Grain: one row per signal_code, instrument_code and date.
-- Sign of the signal: positive = long credit risk = protection sold.

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
from {{ ref('int_cdx_overlay__signals_scored') }} as scores
inner join {{ ref('signals') }} as signals on scores.signal_code = signals.signal_code
