-- Friday to Monday is one weekday on, a week is five, Saturday and Sunday count as the Monday after.

select *
from (
    values
    (date '2024-03-01', date '2024-03-04', 1),
    (date '2024-03-04', date '2024-03-11', 5),
    (date '2024-03-04', date '2024-03-08', 4),
    (date '2024-03-02', date '2024-03-04', 0),
    (date '2024-01-01', date '2024-12-31', 261),
    (date '1969-12-31', date '1970-01-05', 3)
) as cases (first_day, last_day, expected)
where
    {{ weekday_number('cases.last_day') }} - {{ weekday_number('cases.first_day') }}
    <> cases.expected
