{% macro price_at_yield(coupon, rate, years) -%}
    {#- Price per 100 of a bond with half-yearly coupons at a bond-equivalent yield, both decimals:
        100 (c / y (1 - v) + v), v = (1 + y / 2)^(-2 T). Between coupon dates close to the clean price. -#}
    case
        when abs({{ rate }}) < 1e-9 then 100 * (1 + {{ coupon }} * {{ years }})
        else
            100 * (
                {{ coupon }} / ({{ rate }}) * (1 - pow(1 + ({{ rate }}) / 2, -2 * {{ years }}))
                + pow(1 + ({{ rate }}) / 2, -2 * {{ years }})
            )
    end
{%- endmacro %}
