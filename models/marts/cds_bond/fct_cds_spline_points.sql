-- The spline of one CDS curve, point by point: the curve under most bonds of the standard method.
-- Grain: one row per red_code, quote_date and maturity_years.
-- Drops: maturities outside the quoted tenors.

with

points as (

    select *
    from {{ ref('int_cds_bond__curve_drawn') }}
    where curve_status = 'ok'

),

final as (

    select
        points.red_code,
        points.quote_date,
        points.maturity_years,
        points.cds_par_spread_dec as par_spread_dec
    from points

)

select * from final
