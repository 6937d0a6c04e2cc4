-- Zero rates of delivered discount curves, one row per line; rates are made continuous.
-- Grain: one row per source_row_number.
-- Formulas: m ln(1 + r / m) for m periods a year, ln(1 + r t) / t for simple interest over t years.

{% set word = 'lower(trim(source.compounding))' %}
{% set years = number_value('source.years') %}
{% set rate = number_value('source.zero_rate', may_be_percent=true) %}

select
    source.source_row_number,
    {{ code_value('source.curve') }} as curve_name,
    try_cast(source.date as date) as curve_date,
    {{ number_value('source.years') }} as node_years,
    {{ number_value('source.zero_rate', may_be_percent=true) }} as delivered_rate_dec,
    case
        when source.compounding is null or {{ word }} in ('', 'continuous', '0') then {{ rate }}
        when {{ word }} = 'simple' and 1 + {{ rate }} * {{ years }} > 0
            then ln(1 + {{ rate }} * {{ years }}) / nullif({{ years }}, 0)
        when periods.per_year_count > 0 and 1 + {{ rate }} / periods.per_year_count > 0
            then periods.per_year_count * ln(1 + {{ rate }} / periods.per_year_count)
    end as zero_rate_dec,
    source.compounding,
    source.row_fault,
    {{ raw_row(['curve', 'date', 'years', 'zero_rate', 'compounding'], dates=['date']) }} as raw_row_json
from {{ source('market', 'discount_curves') }} as source
left join (
    values
    ('annual', 1), ('1', 1), ('semiannual', 2), ('semi-annual', 2), ('2', 2), ('quarterly', 4), ('4', 4),
    ('monthly', 12), ('12', 12), ('daily', 365), ('365', 365)
) as periods (spelling, per_year_count) on lower(trim(source.compounding)) = periods.spelling
