-- 2, 4, null, 9 over the last three rows with two values needed: means -, 3, 3, 6.5;
-- deviations -, sqrt(2), sqrt(2), sqrt(12.5). A window of equal values has no deviation.

with

series as (

    select *
    from (
        values
        ('a', 1, 2.0, 2.0), ('a', 2, 4.0, 2.0), ('a', 3, null, 2.0), ('a', 4, 9.0, 2.0),
        ('b', 1, 0.1, 0.1), ('b', 2, 0.1, 0.1), ('b', 3, 0.1, 0.1)
    ) as listed (name, position, value, anchor)

),

expected as (

    select *
    from (
        values
        ('a', 1, null, null), ('a', 2, 3.0, sqrt(2.0)), ('a', 3, 3.0, sqrt(2.0)),
        ('a', 4, 6.5, sqrt(12.5)), ('b', 1, null, null), ('b', 2, 0.1, null), ('b', 3, 0.1, null)
    ) as listed (name, position, mean, deviation)

),

measured as (

    select
        series.name,
        series.position,
        {{ rolling_mean('series.value', 'series.anchor', 'last_rows', 2) }} as mean,
        {{ rolling_deviation('series.value', 'series.anchor', 'last_rows', 2) }} as deviation
    from series
    window
        last_rows as (partition by series.name order by series.position {{ sessions_back(3) }})

)

select
    measured.*,
    expected.mean as expected_mean,
    expected.deviation as expected_deviation
from measured
inner join expected
    on measured.name = expected.name and measured.position = expected.position
where
    (measured.mean is null) <> (expected.mean is null)
    or (measured.deviation is null) <> (expected.deviation is null)
    or abs(measured.mean - expected.mean) > 1e-12
    or abs(measured.deviation - expected.deviation) > 1e-12
