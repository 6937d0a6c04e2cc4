{% macro shaped_signal(score, scaling, floor, cap, neutral_low, neutral_high, raw_sign, strength) -%}
    {%- set scaled = score ~ ' * ' ~ scaling -%}
    {%- set bounded =
        'least(greatest(' ~ scaled ~ ', coalesce(' ~ floor ~ ", '-infinity'::double)), coalesce("
        ~ cap ~ ", 'infinity'::double))" -%}
    {{ raw_sign }} * case
        when {{ score }} is null then null
        when {{ bounded }} between {{ neutral_low }} and {{ neutral_high }} then 0.0
        when {{ strength }} = 'sign' then sign({{ bounded }})
        else {{ bounded }}
    end
{%- endmacro %}
