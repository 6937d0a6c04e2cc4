{% macro svensson_zero_yield(years) -%}
    {#- beta0 + beta1 f(tau1) + beta2 (f(tau1) - exp(-T / tau1)) + beta3 (f(tau2) - exp(-T / tau2)),
        f(tau) = (1 - exp(-T / tau)) / (T / tau). -#}
    beta0_dec + beta1_dec * (1 - exp(-{{ years }} / tau1_years)) / ({{ years }} / tau1_years)
    + beta2_dec * (
        (1 - exp(-{{ years }} / tau1_years)) / ({{ years }} / tau1_years) - exp(-{{ years }} / tau1_years)
    )
    + if(
        beta3_dec = 0,
        0,
        beta3_dec * (
            (1 - exp(-{{ years }} / tau2_years)) / ({{ years }} / tau2_years) - exp(-{{ years }} / tau2_years)
        )
    )
{%- endmacro %}
