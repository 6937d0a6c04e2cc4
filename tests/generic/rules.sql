{% test rules(model, null_needs_status={}, ranges={}, holds={}, day_column=none) %}
{#- Rows that break a rule of a model: the name of the rule, and the row as JSON.
    MODEL__grain: the key that meta.grain states stands once, no part is null. With day_column, a date of the key, the
    days of each month are collected as bits: a month with more rows than bits has a day twice, which is the same
    proof from a twentieth of the groups.
    null_needs_status: [value, status]; the value is missing exactly when the status is not ok. NaN is no value, nor
    is infinity without a third word, may_be_infinite.
    ranges: a value is null, or finite and inside its bounds.
    holds: any other condition; null counts as broken. -#}
{%- set tested = tested_model() -%}
{%- set keys = tested.grain | reject('equalto', day_column) | list -%}
{%- if day_column %}{% do keys.append('last_day(' ~ day_column ~ ')') %}{% endif -%}
{%- set rules = {} -%}
{%- for name, given in null_needs_status.items() -%}
    {%- set value, status = given[0], given[1] -%}
    {%- set bad = "'nan'" if 'may_be_infinite' in given else "'nan', 'inf', '-inf'" -%}
    {%- do rules.update({name: status ~ ' is not null and (' ~ value ~ ' is null) = (' ~ status
        ~ " <> 'ok') and coalesce(" ~ value ~ '::varchar not in (' ~ bad ~ '), true)'}) -%}
{%- endfor -%}
{%- for name, bounds in ranges.items() -%}
    {%- set checks = [] -%}
    {%- for column, (low, high) in bounds.items() -%}
        {%- do checks.append('(' ~ column ~ ' is null or isfinite(' ~ column ~ '::double) and ' ~ column ~ ' between '
            ~ low ~ ' and ' ~ high ~ ')') -%}
    {%- endfor -%}
    {%- do rules.update({name: checks | join(' and ')}) -%}
{%- endfor -%}
{%- do rules.update(holds) -%}

select
    '{{ tested.name }}__grain' as rule,
    to_json(tested_row)::varchar as broken_row
from (
    select
        {{ keys | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ keys | join(', ') }}
    having
        count(*) > {{ 'bit_count(bit_or(1::bigint << day(' ~ day_column ~ ')))' if day_column else 1 }}
        or {{ keys | join(' is null or ') }} is null
) as tested_row
{%- if rules %}
union all
select * from (
    select
        unnest([
            {%- for name, rule in rules.items() %}
            if(({{ rule }}) is true, null, '{{ name }}'){{ ',' if not loop.last }}
            {%- endfor %}
        ]) as rule,
        to_json(tested_row)::varchar as broken_row
    from (select * from {{ model }}) as tested_row
    where
        {%- for rule in rules.values() %}
        ({{ rule }}) is not true{{ ' or' if not loop.last }}
        {%- endfor %}
) where rule is not null
{%- endif %}
{% endtest %}
