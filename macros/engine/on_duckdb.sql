{% macro on_duckdb(statement) -%}
    {#- What DuckDB does whatever engine runs the models: it checks the inputs and makes the release. -#}
    {{ return(run_query(adapter.dispatch('duckdb_statement')(statement))) }}
{%- endmacro %}

{% macro default__duckdb_statement(statement) -%}
    {{ return(statement) }}
{%- endmacro %}

{% macro spark__duckdb_statement(statement) -%}
    {{ return('-- on duckdb\n' ~ statement) }}
{%- endmacro %}


{% macro hand_over(statement) %}
    {#- An order to the seam of an engine that keeps its tables elsewhere; DuckDB needs none. -#}
    {% if target.type == 'spark' %}
        {% do on_duckdb(statement) %}
    {% endif %}
{% endmacro %}
