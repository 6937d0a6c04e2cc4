{% macro code_shape(code, lost='true') -%}
    {#- How the codes of a column look, for a message: their lengths and one of them. -#}
    coalesce(
        concat_ws(
            ' to ', min(length({{ code }})),
            nullif(max(length({{ code }})), min(length({{ code }})))
        )
        || ' characters (' || coalesce(min({{ code }}) filter (where {{ lost }}), min({{ code }})) || ')',
        'none'
    )
{%- endmacro %}
