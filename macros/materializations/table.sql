{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {#- A table in one statement, in place of dbt's many (docs/decisions/0015-lean-build.md). -#}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% do drop_other_type(target_relation) %}
    {% call statement('main', language=model['language']) %}
        {%- if model['language'] == 'sql' -%}
            create or replace table {{ target_relation }} as (
                {{ compiled_code }}
            )
        {%- else -%}
            {{ py_write_table(false, target_relation, compiled_code)
                | replace("'create table ", "'create or replace table ") }}
        {%- endif -%}
    {% endcall %}
    {% do check_contract(target_relation) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
    {#- A view in one statement, as above. -#}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {% do drop_other_type(target_relation) %}
    {% call statement('main') %}
        create or replace view {{ target_relation }} as (
            {{ sql }}
        )
    {% endcall %}
    {% do check_contract(target_relation) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% macro drop_other_type(relation) %}
    {#- A view takes the place of a table, or a table that of a view, only when the old one is gone. -#}
    {% set existing = load_cached_relation(relation) %}
    {% if existing is not none and existing.type != relation.type %}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
{% endmacro %}


{% macro check_contract(relation) %}
    {#- Compares what was made with the enforced contract, before it is committed: one look at the catalog. A
        difference is reported by dbt itself, with model, column, declared and found type. -#}
    {% if config.get('contract').enforced %}
        {% set columns = model['columns'].values() | list %}
        {% set declared = [] %}
        {% for column in columns %}
            {% do declared.append(column.name ~ ' ' ~ column.data_type | upper) %}
        {% endfor %}
        {% set found = run_query(
            "select string_agg(column_name || ' ' || column_type, ', ') from (describe " ~ relation ~ ')'
        ).columns[0].values()[0] %}
        {% if found != declared | join(', ') %}
            {% do assert_columns_equivalent('select * from ' ~ relation) %}
            {#- The same columns in another order: readers see them as they are declared. -#}
            {% if relation.is_table %}
                {% do run_query(
                    'create or replace table ' ~ relation ~ ' as select ' ~ columns | map(attribute='name') | join(', ')
                    ~ ' from ' ~ relation
                ) %}
            {% endif %}
        {% endif %}
    {% endif %}
{% endmacro %}
