{% test holds(model, rule) %}
-- Rows for which a stated rule is not true; a null rule counts as broken.

select *
from {{ model }}
where ({{ rule }}) is not true

{% endtest %}
