{% macro price_at_yield(coupon, rate, years) -%}
    case
        when abs({{ rate }}) < 1e-9 then 100 * (1 + {{ coupon }} * {{ years }})
        else
            100 * (
                {{ coupon }} / ({{ rate }}) * (1 - pow(1 + ({{ rate }}) / 2, -2 * {{ years }}))
                + pow(1 + ({{ rate }}) / 2, -2 * {{ years }})
            )
    end
{%- endmacro %}
