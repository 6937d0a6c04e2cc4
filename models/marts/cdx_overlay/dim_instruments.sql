-- Tradable instruments of the catalog.
-- Grain: one row per instrument_code.

select
    instruments.* exclude (
        instruments.vendor_names, instruments.plausible_min_bps, instruments.plausible_max_bps
    ),
    index_rules.roll_day_of_month
from {{ ref('instruments') }} as instruments
inner join {{ ref('index_rules') }} as index_rules on instruments.index_code = index_rules.index_code
