{% test grain(model, columns, day_column=none) %}
-- Rows that break the stated grain: a key part is null, or a key stands twice. With day_column, a date of the key,
-- the days of each month are collected as bits: a month with more rows than bits has a day twice, which is the same
-- proof from a twentieth of the groups.

{% set keys = columns | reject('equalto', day_column) | list %}
{% if day_column %}
    {% do keys.append('last_day(' ~ day_column ~ ')') %}
{% endif %}
select
    {{ keys | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ keys | join(', ') }}
having
    count(*) > {{ 'bit_count(bit_or(1::bigint << day(' ~ day_column ~ ')))' if day_column else 1 }}
    or {% for key in keys %}{{ key }} is null{{ ' or ' if not loop.last }}{% endfor %}

{% endtest %}
