{#- Tables, views, catalogs and years on Spark. The seam translates what follows `as`. -#}

{% materialization table, adapter='spark', supported_languages=['sql', 'python'] %}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main', language=model['language']) %}
        {%- if model['language'] == 'sql' -%}
            {{ spark_table(relation, compiled_code) }}
        {%- else -%}
{{ compiled_code }}
dbt = dbtObj(spark.table)
store(model(dbt, spark), "{{ relation }}")
        {%- endif -%}
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{#- A view would need the functions of the seam wherever it is read. -#}
{% materialization view, adapter='spark' %}
    {%- set relation = this.incorporate(type='table') -%}
    {% call statement('main') %}{{ spark_table(relation, sql) }}{% endcall %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{#- Spark groups in pieces by itself. -#}
{% materialization table_by_year, adapter='spark' %}
    {%- set relation = this.incorporate(type='table') -%}
    {% call statement('main') %}
        {{ spark_table(relation, sql | replace('__first_date__', '0001-01-01') | replace('__next_date__', '9999-12-31')) }}
    {% endcall %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{% materialization seed, adapter='spark' %}
    {% set rows = load_agate_table() %}
    {% do store_result('agate_table', response='OK', agate_table=rows) %}
    {% set columns = {} %}
    {% for column in rows.column_names %}
        {% do columns.update({column: model['config'].get('column_types', {}).get(column, 'varchar')}) %}
    {% endfor %}
    {% call statement('main') %}
        {{- spark__duckdb_statement('seed:' ~ tojson({
            'schema': this.schema, 'name': this.identifier, 'path': model['original_file_path'], 'types': columns,
        })) -}}
    {% endcall %}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}


{% macro spark_table(relation, code) -%}
    create table {{ relation }} using parquet as
    {%- if config.get('contract').enforced %}
    {%- set columns = {} %}
    {%- for column in model['columns'].values() %}{% do columns.update({column.name: column.data_type}) %}{% endfor %}
-- contract {{ tojson(columns) }}
    {%- endif %}
    {{ code }}
{%- endmacro %}
