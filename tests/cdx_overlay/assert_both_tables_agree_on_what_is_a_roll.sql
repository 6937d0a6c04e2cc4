-- The market and the P&L of an instrument must roll on the same sessions, into the same series: a signal that
-- sees a roll where the P&L sees none, or the other way round, trades on a jump that nobody earns.

select
    markets.instrument_code,
    markets.date,
    markets.series_number,
    contracts.series_number as pnl_series_number,
    markets.is_roll_day,
    contracts.is_roll_day as pnl_is_roll_day
from {{ ref('fct_instrument_daily') }} as markets
full outer join {{ ref('fct_index_pnl_daily') }} as contracts
    on
        markets.instrument_code = contracts.instrument_code
        and markets.date = contracts.date
where
    contracts.instrument_code is distinct from 'roll_example'
    and (
        markets.series_number is distinct from contracts.series_number
        or markets.is_roll_day is distinct from contracts.is_roll_day
    )
