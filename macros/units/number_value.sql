{% macro number_value(column, may_be_percent=false) -%}
    {%- set number = 'try_cast(' ~ column ~ ' as double)' -%}
    {%- set percent = "try_cast(rtrim(trim(" ~ column ~ "::varchar), '%') as double) / 100" -%}
    {%- set value = 'coalesce(' ~ number ~ ', ' ~ percent ~ ')' if may_be_percent else number -%}
    {#- isnan, not a comparison: the column statistics of a Parquet file leave NaN out. A number of a hundred digits
        is as good as infinite; in another unit it would become so, and its row has the reason of an infinite one. -#}
    case
        when isnan({{ value }}) then null
        when abs({{ value }}) < 1e100 then {{ value }}
        else {{ value }} * 'infinity'::double
    end
{%- endmacro %}
