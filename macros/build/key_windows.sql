{% macro key_windows(key, file_order=['source_row_number']) -%}
    {%- set group = 'partition by ' ~ key | join(', ') ~ ', own_reason is null' -%}
    whole_key as ({{ group }}),
    key_in_file_order as ({{ group }} order by {{ file_order | join(', ') }})
{%- endmacro %}
