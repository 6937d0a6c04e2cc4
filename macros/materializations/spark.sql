{#- Tables, views, catalogs and years on Spark. The seam translates what follows `as`. -#}

{% materialization table, adapter='spark', supported_languages=['sql', 'python'] %}
    {{ return(spark_table(this.incorporate(type='table'), compiled_code)) }}
{% endmaterialization %}


{#- A view would be translated, and its text functions would have to be known, wherever it is read. -#}
{% materialization view, adapter='spark' %}
    {{ return(spark_table(this.incorporate(type='table'), sql)) }}
{% endmaterialization %}


{#- Spark groups in pieces by itself. -#}
{% materialization table_by_year, adapter='spark' %}
    {{ return(spark_table(
        this.incorporate(type='table'),
        sql | replace('__first_date__', '0001-01-01') | replace('__next_date__', '9999-12-31')
    )) }}
{% endmaterialization %}


{% materialization seed, adapter='spark' %}
    {% set columns = {} %}
    {% for column in load_agate_table().column_names %}
        {% do columns.update({column: model['config'].get('column_types', {}).get(column, 'varchar')}) %}
    {% endfor %}
    {% do on_duckdb('seed:' ~ tojson({
        'schema': this.schema, 'name': this.identifier, 'path': model['original_file_path'], 'types': columns,
    })) %}
    {% call noop_statement('main', 'INSERT', 'INSERT', 0) %}{% endcall %}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}


{% macro spark_table(relation, code) %}
    {{ run_hooks(pre_hooks) }}
    {% do run_query('drop table if exists ' ~ relation) %}
    {% call statement('main', language=model['language']) %}
        {%- if model['language'] == 'python' -%}
{{ code }}
dbt = dbtObj(spark.table)
frame_of(model(dbt, spark), spark.session).write.format("parquet").saveAsTable("{{ relation }}")
        {%- elif config.get('contract').enforced -%}
            create table {{ relation }} using parquet as
            select
            {%- for column in model['columns'].values() %}
                contracted.{{ adapter.quote(column.name) | replace('`', '"') }}::{{ column.data_type }} as "{{ column.name }}"{{ ',' if not loop.last }}
            {%- endfor %}
            from (
                {{ code }}
            ) as contracted
        {%- else -%}
            create table {{ relation }} using parquet as
            {{ code }}
        {%- endif -%}
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [relation]}) }}
{% endmacro %}
