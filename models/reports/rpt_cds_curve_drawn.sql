-- One CDS curve with its quotes, its spline and the bonds on it.
-- Grain: one row per red_code, quote_date, kind and point_number.
-- Sign: basis = CDS - bond; negative when the bond is cheap.
-- The curve is the one under the most bonds of the standard method.

with

splines as (

    select * from {{ ref('fct_cds_spline_points') }}

),

bonds as (

    select *
    from {{ ref('fct_bond_basis') }}
    where method = 'standard'

),

drawn as (

    select distinct
        red_code,
        quote_date
    from splines

),

points as (

    select
        splines.red_code,
        splines.quote_date,
        'spline' as kind,
        null::varchar as ticker,
        null::varchar as cusip,
        splines.maturity_years,
        splines.par_spread_dec,
        null::double as fr_dec,
        null::double as basis_dec
    from splines
    union all
    select
        quotes.red_code,
        quotes.quote_date,
        'quote' as kind,
        quotes.ticker,
        null::varchar as cusip,
        quotes.tenor_years as maturity_years,
        quotes.par_spread_dec,
        null::double as fr_dec,
        null::double as basis_dec
    from {{ ref('fct_cds_curve_points') }} as quotes
    inner join drawn
        on quotes.red_code = drawn.red_code and quotes.quote_date = drawn.quote_date
    union all
    select
        bonds.red_code,
        bonds.cds_quote_date as quote_date,
        'bond' as kind,
        bonds.ticker,
        bonds.cusip,
        bonds.days_to_maturity / 365 as maturity_years,
        bonds.cds_par_spread_dec as par_spread_dec,
        bonds.fr_yield_spread_dec as fr_dec,
        bonds.basis_yield_spread_dec as basis_dec
    from bonds
    inner join drawn
        on bonds.red_code = drawn.red_code and bonds.cds_quote_date = drawn.quote_date

),

final as (

    select
        points.red_code,
        points.quote_date,
        points.kind,
        row_number() over by_maturity as point_number,
        points.ticker,
        points.cusip,
        points.maturity_years,
        points.par_spread_dec * 10000 as cds_par_spread_bps,
        points.fr_dec * 10000 as fr_yield_spread_bps,
        points.basis_dec * 10000 as basis_yield_spread_bps
    from points
    window
        by_maturity as (
            partition by points.red_code, points.quote_date, points.kind
            order by points.maturity_years, points.cusip
        )

)

select * from final
