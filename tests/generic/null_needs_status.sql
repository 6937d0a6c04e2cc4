{% test null_needs_status(model, value, status, ok='ok') %}
-- A value is missing exactly when its status says why.

select
    {{ value }},
    {{ status }}
from {{ model }}
where {{ status }} is null or ({{ value }} is null) = ({{ status }} = '{{ ok }}')

{% endtest %}
