-- Null rather than a condition of its own in the ON of an outer join, where it concerns one table alone:
-- the engine would then compare every row with every other.
{% macro recent_curve_date(curve_date, day) -%}
    if(date_diff('day', {{ curve_date }}, {{ day }}) <= {{ var('max_curve_age_days') }}, {{ curve_date }}, null)
{%- endmacro %}
