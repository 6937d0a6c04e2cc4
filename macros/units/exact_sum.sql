{% macro exact_sum(value, unit, where=none) -%}
    {%- set decimals = {'dec': 'decimal(38, 18)', 'bps': 'decimal(38, 15)', 'usd': 'decimal(38, 12)'} -%}
    {%- if unit not in decimals -%}
        {{ exceptions.raise_compiler_error(
            'exact_sum: unit must be one of ' ~ decimals | join(', ') ~ ', was ' ~ unit) }}
    {%- endif -%}
    (sum(({{ value }})::{{ decimals[unit] }}){{ ' filter (where ' ~ where ~ ')' if where }})::double
{%- endmacro %}
