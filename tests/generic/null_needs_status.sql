{% test null_needs_status(model, value, status, ok='ok', finite=true) %}
-- A value is missing exactly when its status says why. NaN and infinity are no values.

select
    {{ value }},
    {{ status }}
from {{ model }}
where
    {{ status }} is null
    or ({{ value }} is null) = ({{ status }} = '{{ ok }}')
    or {{ value }}::varchar in ('nan'{{ ", 'inf', '-inf'" if finite }})

{% endtest %}
