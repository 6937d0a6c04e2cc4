{% macro before_holdout(session_date) -%}
    {#- What a locked holdout leaves of history; all of it where there is none or it has been opened. -#}
    {%- set first_date = var('holdout_first_date') if var('holdout') == 'locked' -%}
    {{ session_date ~ " < date '" ~ first_date ~ "'" if first_date else 'true' }}
{%- endmacro %}
