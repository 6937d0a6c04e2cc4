-- Hazard curves at month ends, by name and tenor: the default risk in the quoted par spreads.
-- Grain: one row per red_code, quote_date and tenor_years.
-- Sign: upfronts are what the protection buyer pays, risks what the buyer gains.
-- A curve that cannot be bootstrapped keeps its quotes; curve_status says why, for example arbitrage.

select
    bootstrapped.*,
    dated.curve_date as treasury_curve_date,
    dated.ticker,
    dated.doc_clause
from {{ ref('int_cds_bond__cds_curves_bootstrapped') }} as bootstrapped
inner join {{ ref('int_cds_bond__cds_curves_dated') }} as dated
    on bootstrapped.red_code = dated.red_code and bootstrapped.quote_date = dated.quote_date
