-- Without rate and spread an annuity is its time times 365 / 360; at S = C the upfront is zero; 60 bp over
-- 60 % loss is a hazard of 1.0139 %; 5 % bond equivalent is 5.0625 % effective annual, 4.938523 % continuous.

with

contracts as (

    select *
    from (
        values
        (60.0, 100.0, 5.0, 0.04, 0.4, 0.01013889, -1.79357452),
        (0.0, 0.0, 3.6, 0.0, 0.4, 0.0, 0.0),
        (100.0, 100.0, 7.0, 0.03, 0.4, 0.01689815, 0.0),
        (0.0, 100.0, 3.6, 0.0, 0.4, 0.0, -3.65)
    ) as contracts (spread_bps, coupon_bps, years, rate_dec, recovery_share, hazard, upfront)

),

yields as (

    select *
    from (
        values
        (0.05, 2, 1, 0.050625),
        (0.05, 2, 0, 0.04938523),
        (0.050625, 1, 2, 0.05),
        (0.04938523, 0, 2, 0.05),
        (0.03, 4, 4, 0.03)
    ) as yields (yield_dec, from_count, to_count, expected)

)

select 'hazard' as macro
from contracts
where abs({{ triangle_hazard('spread_bps', 'recovery_share') }} - hazard) > 1e-8
union all
select 'upfront' as macro
from contracts
where
    abs(
        {{ triangle_upfront('spread_bps', 'coupon_bps', 'years', 'rate_dec', 'recovery_share') }} - upfront
    ) > 1e-7
union all
select 'yield' as macro
from yields
where abs({{ convert_yield('yield_dec', 'from_count', 'to_count') }} - expected) > 1e-8
