{% test in_range(model, ranges) %}
-- Values outside their stated range, NaN included (in DuckDB NaN > 0 is true); null passes.

{% for column, bounds in ranges.items() %}
select
    '{{ column }}' as column_name,
    {{ column }}::double as found_value
from {{ model }}
where {{ column }} is not null and not (
    isfinite({{ column }}::double) and {{ column }} between {{ bounds[0] }} and {{ bounds[1] }}
)
{{ 'union all' if not loop.last }}
{% endfor %}

{% endtest %}
