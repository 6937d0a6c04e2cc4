-- A value fifteen times its reference, or that part of it, is still a level; beyond that it is another unit.

with

cases as (

    select *
    from (
        values
        (100.0, 10.0, false),
        (150.0, 10.0, false),
        (150.1, 10.0, true),
        (0.6, 9.0, false),
        (0.59, 9.0, true),
        (1.0, null, null)
    ) as cases (delivered, usual, expected)

),

ratios as (

    select *
    from (
        values
        (100.0, true), (100.05, true), (100.2, false), (10000.0, true), (0.01, true), (0.0102, false), (1.0, false)
    ) as ratios (ratio, expected)

),

series as (

    select
        day,
        {{ median_of_earlier('level', over='earlier_days') }} as found,
        -- Days 1 to 5 have too few before them, day 6 sees 1, 2, 3, 50 and 4.
        case day when 6 then 3.0 when 7 then 3.5 end as expected
    from (values (1, 1.0), (2, 2.0), (3, 3.0), (4, 50.0), (5, 4.0), (6, 7.0), (7, 0.0)) as levels (day, level)
    window earlier_days as (order by day rows between unbounded preceding and 1 preceding)

)

select 'another unit' as macro
from cases
where {{ in_another_unit('cases.delivered', 'cases.usual') }} is distinct from cases.expected
union all
select 'hundredfold' as macro
from ratios
where {{ is_hundredfold('ratios.ratio') }} is distinct from ratios.expected
union all
select 'median of earlier' as macro
from series
where series.found is distinct from series.expected
