{% macro attrition_step_name(step_number) -%}
    case {{ step_number }}
        when 0 then 'withheld'
        when 1 then 'bonds_screened'
        when 2 then 'treasuries_matched'
        when 3 then 'red_codes_mapped'
        when 4 then 'curves_aligned'
        when 5 then 'spreads_interpolated'
        when 6 then 'bases_computed'
        else 'kept'
    end
{%- endmacro %}
