{% macro compounded_return(rate) -%}
    {#- Product of (1 + rate), less 1, from the exact sum of its logarithms: the same at any order of the rows. A loss
        beyond everything turns the sign, and a loss of exactly everything stays. Null rates are left out. -#}
    if(
        min(abs(1 + {{ rate }})) = 0,
        -1,
        (1 - 2 * (count(*) filter (where 1 + {{ rate }} < 0) % 2))
        * exp({{ exact_sum('ln(nullif(abs(1 + %s), 0))' % rate, 'dec') }})
        - 1
    )
{%- endmacro %}
