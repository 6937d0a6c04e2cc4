-- What a seller of protection earned in the series that each instrument follows, as indices from 100 on.
-- Grain: one row per instrument_code and date.

select
    contracts.instrument_code,
    contracts.session_date::date as date,
    quotes.series_number,
    contracts.is_roll as is_roll_day,
    quotes.defaulted_share,
    contracts.unfunded_return_dec,
    contracts.unfunded_index_ratio,
    contracts.funded_return_dec,
    contracts.funded_index_ratio,
    contracts.pnl_status,
    case
        when contracts.unfunded_index_ratio is null then 'unknown_pnl'
        when contracts.funded_index_ratio is null then 'no_curve'
        else 'ok'
    end as index_status
from {{ ref('int_cdx_overlay__contracts_repriced') }} as contracts
inner join {{ ref('int_cdx_overlay__contract_quotes_joined') }} as quotes
    on
        contracts.instrument_code = quotes.instrument_code
        and contracts.session_date::date = quotes.session_date
where contracts.instrument_code <> 'roll_example'
