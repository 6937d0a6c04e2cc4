-- Tradable instruments of the catalog.
-- Grain: one row per instrument_code.

select * exclude (vendor_names, plausible_min_bps, plausible_max_bps)
from {{ ref('instruments') }}
