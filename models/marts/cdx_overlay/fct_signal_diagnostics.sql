-- How well every score predicted the P&L of protection sold, and how slowly it fades, by horizon.
-- Grain: one row per score_code, instrument_code and horizon_sessions.

select
    * replace (
        horizon_sessions::integer as horizon_sessions,
        pair_count::integer as pair_count
    )
from {{ ref('int_cdx_overlay__signals_diagnosed') }}
