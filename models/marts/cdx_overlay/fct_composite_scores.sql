-- Composite score of every catalogued composite.
-- Grain: one row per composite_code and date.
-- Sign: positive = long credit risk = protection sold.

select
    blended.composite_code,
    blended.session_date as date,
    blended.instrument_code,
    blended.raw_score_z,
    blended.score_z as score,
    blended.contributing_signal_count::integer as contributing_signal_count,
    blended.member_count::integer as member_count,
    case
        when blended.score_z is not null then 'ok'
        when blended.contributing_signal_count < blended.member_count then 'signal_missing'
        else 'warming_up'
    end as score_status
from {{ ref('int_cdx_overlay__signals_blended') }} as blended
where not (blended.composite_code like '%@quoted' or ends_with(blended.composite_code, ']'))
