{% macro compounded_return(rate) -%}
    {#- 2 atanh(r / (2 + r)) is ln(1 + r), and 2 exp(s / 2) sinh(s / 2) is exp(s) - 1; both keep the digits of small
        returns. -#}
    {%- set growth = exact_sum(
        'if(%s > -1, 2 * atanh(%s / (2 + %s)), ln(nullif(abs(1 + %s), 0)))' % (rate, rate, rate, rate), 'dec') -%}
    case
        when min(abs(1 + {{ rate }})) = 0 then -1
        when count(*) filter (where {{ rate }} < -1) % 2 = 1 then -exp({{ growth }}) - 1
        else 2 * exp({{ growth }} / 2) * sinh({{ growth }} / 2)
    end
{%- endmacro %}
