-- Terms of bonds as delivered, one row per line; a value that cannot be read is null.
-- Grain: one row per source_row_number.

{% set type = code_value('source.coupon_type') %}

select
    source.source_row_number,
    {{ whole_cusip(code_value('source.cusip')) }} as cusip,
    case
        when {{ type }} in ('F', 'FIXED') then 'fixed'
        when {{ type }} in ('V', 'VARIABLE', 'FLOATING', 'FLOATER', 'FRN') then 'floating'
        when {{ type }} in ('Z', 'ZERO') then 'zero'
        when {{ type }} is not null then 'other'
    end as coupon_type,
    {{ flag_value('source.callable') }} as is_callable,
    {{ flag_value('source.make_whole') }} as is_make_whole,
    {{ flag_value('source.putable') }} as is_putable,
    {{ flag_value('source.sinking_fund') }} as has_sinking_fund,
    {{ flag_value('source.rule_144a') }} as is_rule_144a,
    {{ code_value('source.security_level') }} as security_level,
    try_cast(source.dated_date as date) as dated_date,
    try_cast(source.first_interest_date as date) as first_coupon_date,
    try_cast(source.last_interest_date as date) as last_coupon_date,
    source.day_count_basis,
    try_cast(source.default_date as date) as default_date,
    source.row_fault,
    {{ raw_row(
        ['cusip', 'coupon_type', 'callable', 'make_whole', 'putable', 'sinking_fund', 'rule_144a',
            'security_level', 'first_interest_date', 'last_interest_date', 'day_count_basis', 'default_date'],
        dates=['first_interest_date', 'last_interest_date', 'default_date'],
    ) }} as raw_row_json
from {{ source('wrds', 'bond_terms') }} as source
