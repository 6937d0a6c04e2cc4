{{ config(materialized='view') }}
-- Every delivered row of every screened file with what is wrong with it and why the build did not use it.
-- Grain: one row per source_name, data_set and source_row_number.
-- Tie-break: a row that a join repeated is at fault when every copy is.
-- A view, because a market's quotes are too many to store twice.

{% for screened in screened_models() %}
    select
        '{{ screened.source_name }}' as source_name,
        {{ screened.data_set or "'desk'" }} as data_set,
        source_row_number,
        concat_ws(
            ' ',
            {% for column in screened.key -%}
                coalesce(({{ column }})::varchar, '?'){{ ',' if not loop.last }}
            {% endfor %}
        ) as natural_key,
        {{ screened.fault or 'reject_reason' }} as fault_reason,
        {{ screened.reject or 'reject_reason' }} as reject_reason,
        raw_row_json,
        false as is_withheld
    from {{ ref(screened.model) }}
    {% if screened.once -%}
        qualify
            row_number() over (partition by source_row_number order by {{ screened.once }}) = 1
    {% endif -%}
    union all
{% endfor %}
select
    table_name as source_name,
    data_set,
    source_row_number,
    natural_key,
    reject_reason as fault_reason,
    reject_reason,
    raw_row_json,
    true as is_withheld
from {{ ref('stg_build__withheld_rows') }}
