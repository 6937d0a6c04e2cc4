{% macro convert_yield(yield, from_per_year, to_per_year) -%}
    case
        when {{ from_per_year }} = {{ to_per_year }} then {{ yield }}
        when {{ from_per_year }} = 0 then {{ to_per_year }} * (exp({{ yield }} / {{ to_per_year }}) - 1)
        when {{ yield }} <= -{{ from_per_year }} then null
        when {{ to_per_year }} = 0 then {{ from_per_year }} * ln(1 + {{ yield }} / {{ from_per_year }})
        else
            {{ to_per_year }}
            * (pow(1 + {{ yield }} / {{ from_per_year }}, {{ from_per_year }} / {{ to_per_year }}) - 1)
    end
{%- endmacro %}
