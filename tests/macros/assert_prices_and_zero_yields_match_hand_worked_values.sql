-- A bond at its coupon is worth par, one without yield the sum of its flows, one without coupon its discount factor;
-- a curve with one parameter is its load: level 1, slope (1 - 1/e) at T = tau, hump 1 - 2/e.

with

bonds as (

    select *
    from (
        values
        (0.05, 0.05, 7.0, 100.0),
        (0.05, 0.0, 3.0, 115.0),
        (0.0, 0.04, 10.0, 67.297133),
        (0.06, 0.08, 1.0, 98.113905)
    ) as bonds (coupon, rate, years, expected)

),

curves as (

    select *
    from (
        values
        (0.03, 0.0, 0.0, 0.0, 2.0, -999.99, 0.03),
        (0.0, 0.02, 0.0, 0.0, 10.0, -999.99, 0.0126424),
        (0.0, 0.0, 0.02, 0.0, 10.0, -999.99, 0.0052848),
        (0.0, 0.0, 0.0, 0.02, 1.0, 10.0, 0.0052848)
    ) as curves (beta0_dec, beta1_dec, beta2_dec, beta3_dec, tau1_years, tau2_years, expected)

)

select 'price' as macro
from bonds
where abs({{ price_at_yield('bonds.coupon', 'bonds.rate', 'bonds.years') }} - bonds.expected) > 1e-5
union all
select 'zero yield' as macro
from curves
where abs(({{ svensson_zero_yield('10.0') }}) - curves.expected) > 1e-6
