{% macro tenor_columns(aggregate, relation, tenors) -%}
    {#- The wide curve of stacked quotes, one column per tenor: `aggregate` of par_spread_dec, null where the
        tenor was not quoted. -#}
    {% for tenor in tenors -%}
        {{ aggregate }}({{ relation }}.par_spread_dec) filter (where {{ relation }}.tenor_code = '{{ tenor }}')
            as par_spread_{{ tenor | lower }}_dec{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}
