{% macro code_shape(code, lost='true') -%}
    coalesce(
        concat_ws(
            ' to ', min(length({{ code }})),
            nullif(max(length({{ code }})), min(length({{ code }})))
        )
        || ' characters (' || coalesce(min({{ code }}) filter (where {{ lost }}), min({{ code }})) || ')',
        'none'
    )
{%- endmacro %}
