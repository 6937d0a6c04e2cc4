-- Fitted Treasury curve as delivered, one row per line of the file; a value that cannot be read is null.
-- Grain: one row per source_row_number.

{% set sveny_columns = [] %}
{% for year in range(1, 31) %}{% do sveny_columns.append('SVENY%02d' % year) %}{% endfor %}

with

source as (

    select * from {{ source('fed', 'fed_yield_curve') }}

),

final as (

    select
        source.source_row_number,
        try_cast(source.date as date) as curve_date,
        {% for number in range(4) -%}
            {{ number_value('source.beta' ~ number) }} / 100 as beta{{ number }}_dec,
        {% endfor -%}
        {% for number in range(1, 3) -%}
            {{ number_value('source.tau' ~ number) }} as tau{{ number }}_years,
        {% endfor -%}
        {% for year in range(1, 31) -%}
            nullif({{ number_value('source.' ~ sveny_columns[year - 1]) }}, -999.99) / 100
                as zero_yield_{{ year }}y_dec,
        {% endfor -%}
        {{ raw_row(
            ['Date', 'BETA0', 'BETA1', 'BETA2', 'BETA3', 'TAU1', 'TAU2'] + sveny_columns
        ) }} as raw_row_json
    from source

)

select * from final
