{% macro tenor_columns(aggregate, relation, tenors) -%}
    {% for tenor in tenors -%}
        {{ aggregate }}({{ relation }}.par_spread_dec) filter (where {{ relation }}.tenor_code = '{{ tenor }}')
            as par_spread_{{ tenor | lower }}_dec{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}
