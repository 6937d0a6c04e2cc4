-- Fitted Treasury curve as delivered, one row per line of the file; a value that cannot be read is null.
-- Grain: one row per source_row_number.

{% set sveny_columns = [] %}
{% for year in range(1, 31) %}{% do sveny_columns.append('SVENY%02d' % year) %}{% endfor %}

select
    source.source_row_number,
    try_cast(source.date as date) as curve_date,
    {{ number_value('source.beta0') }} / 100 as beta0_dec,
    {{ number_value('source.beta1') }} / 100 as beta1_dec,
    {{ number_value('source.beta2') }} / 100 as beta2_dec,
    {{ number_value('source.beta3') }} / 100 as beta3_dec,
    {{ number_value('source.tau1') }} as tau1_years,
    {{ number_value('source.tau2') }} as tau2_years,
    {% for year in range(1, 31) -%}
        nullif({{ number_value('source.' ~ sveny_columns[year - 1]) }}, -999.99) / 100
            as zero_yield_{{ year }}y_dec,
    {% endfor -%}
    source.row_fault,
    {{ raw_row(
        ['Date', 'BETA0', 'BETA1', 'BETA2', 'BETA3', 'TAU1', 'TAU2'] + sveny_columns, dates=['Date']
    ) }} as raw_row_json
from {{ source('fed', 'fed_yield_curve') }} as source
