-- Scale, floor, cap, neutral range, sign: the sign last, so a floor of -1 with sign -1 caps the signal at +1.

with

cases as (

    select *
    from (
        values
        (null, 1, null, null, null, null, 1, 'linear', null),
        (3.0, 1, null, null, null, null, 1, 'linear', 3.0),
        (-3.0, 2, null, null, null, null, 1, 'linear', -6.0),
        (3.0, 2, -1.5, 1.5, null, null, 1, 'linear', 1.5),
        (-3.0, 1, -1.0, 2.0, null, null, -1, 'linear', 1.0),
        (0.25, 1, null, null, -0.25, 0.25, 1, 'linear', 0.0),
        (-0.25, 1, null, null, -0.25, 0.25, 1, 'linear', 0.0),
        (0.26, 1, null, null, -0.25, 0.25, -1, 'linear', -0.26),
        (0.26, 1, null, null, -0.25, 0.25, -1, 'sign', -1.0),
        (0.25, 1, null, null, -0.25, 0.25, -1, 'sign', 0.0)
    ) as listed (score, scaling, floor_z, cap_z, neutral_low, neutral_high, raw_sign, strength, expected)

),

shaped as (

    select
        cases.*,
        {{ shaped_signal(
            'cases.score', 'cases.scaling', 'cases.floor_z', 'cases.cap_z',
            'cases.neutral_low', 'cases.neutral_high', 'cases.raw_sign', 'cases.strength'
        ) }} as actual
    from cases

)

select *
from shaped
where
    (shaped.actual is null) <> (shaped.expected is null)
    or abs(shaped.actual - shaped.expected) > 1e-12
