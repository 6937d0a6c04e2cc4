{% macro first_fault(values) -%}
    case
        when own_reason is not null then own_reason
        when
            min(hash({{ values | join(', ') }})) over whole_key
            <> max(hash({{ values | join(', ') }})) over whole_key
            then 'conflicting_duplicate'
        when row_number() over key_in_file_order > 1 then 'exact_duplicate'
    end
{%- endmacro %}
