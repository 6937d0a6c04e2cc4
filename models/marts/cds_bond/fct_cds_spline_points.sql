-- The spline of one CDS curve, point by point: the curve under the most bonds of the standard method.
-- Grain: one row per red_code, quote_date and maturity_years.
-- Drops: maturities outside the quoted tenors.

select
    red_code,
    quote_date,
    maturity_years,
    cds_par_spread_dec as par_spread_dec
from {{ ref('int_cds_bond__curve_drawn') }}
where curve_status = 'ok'
