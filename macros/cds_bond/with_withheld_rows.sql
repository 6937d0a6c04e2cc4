{% macro with_withheld_rows(cusip, month_end_date) -%}
select * from traced
union all
select
    source_row_number,
    '' as red_code,
    {{ cusip }} as cusip,
    {{ month_end_date }} as month_end_date,
    0 as step_number,
    reject_reason as reason
from {{ ref('int_accounting__bond_months_withheld') }}
{%- endmacro %}
