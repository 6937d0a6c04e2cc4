{% macro publish_release(results) %}
    {% if execute and flags.WHICH == 'build' %}
        {% set blockers = publication_blockers(results) %}
        {% if target.type == 'spark' and env_var('PARSPREAD_SPARK_PUBLISH', 'no') != 'yes' %}
            {% do blockers.append(
                'the target spark is on trial (docs/guides/spark.md); PARSPREAD_SPARK_PUBLISH=yes publishes from it'
            ) %}
        {% endif %}
        {% if blockers %}
            {{ log('not published: ' ~ blockers | join('; '), info=true) }}
            {% if results | map(attribute='status') | map('string') | select('equalto', 'warn') | list %}
                {{ fail_build('a warning keeps a build from being published; name it in var allowed_warnings to allow it') }}
            {% endif %}
        {% else %}
            {% set tables = [] %}
            {% for node in graph.nodes.values()
                if node.resource_type in ['model', 'seed'] and node.schema in public_schemas() %}
                {% set columns = {} %}
                {% for column in node.columns.values() if column.description %}
                    {% do columns.update({column.name: column.description | trim}) %}
                {% endfor %}
                {% do tables.append({
                    'schema': node.schema, 'name': node.alias,
                    'description': node.description | trim, 'columns': columns,
                    'grain': node.config.meta.get('grain', []),
                    'date_column': node.columns.values() | selectattr('data_type', 'equalto', 'date')
                        | map(attribute='name') | select('in', node.config.meta.get('grain', [])) | first | default(none),
                }) %}
            {% endfor %}
            {% do hand_over('pull:' ~ tojson(tables)) %}
            {% set losses = losses_beyond_bounds(tables) %}
            {% if losses %}
                {{ return(fail_build('not published: ' ~ losses[:10] | join('\nnot published: '))) }}
            {% endif %}
            {% set report = fromjson(on_duckdb(
                'select parspread_publish(' ~ sql_text(invocation_id) ~ ', ' ~ sql_text(tojson(tables))
                ~ ', ' ~ sql_text(tojson(published_functions())) ~ ', ' ~ sql_text(tojson(published_metrics())) ~ ')'
            ).columns[0].values()[0]) %}
            {% if report.error %}
                {{ fail_build('not published: ' ~ report.error) }}
            {% else %}
                {% do say_withheld() %}
                {{ log('published ' ~ tables | length ~ ' tables: ' ~ report.path, info=true) }}
                {% if report.warnings %}
                    {{ log('published, but not everything was tidied up: ' ~ report.warnings | join('; '), info=true) }}
                {% endif %}
            {% endif %}
        {% endif %}
    {% elif execute and flags.WHICH in ['run', 'seed', 'snapshot'] %}
        {{ log('not published: dbt ' ~ flags.WHICH ~ ' tests nothing; readers keep the last release until dbt build', info=true) }}
    {% endif %}
{% endmacro %}


{% macro fail_build(message) -%}
    {{ adapter.dispatch('duckdb_statement')('select error(' ~ sql_text(message) ~ ')') }}
{%- endmacro %}


{% macro public_schemas() %}
    {{ return(['cds_bond', 'cdx_overlay', 'quality', 'reports', 'catalog']) }}
{% endmacro %}


{% macro publication_blockers(results) %}
    {% set done = [] %}
    {% set bad = [] %}
    {% set too_large = [] %}
    {% for result in results %}
        {% if result.status | string in ['success', 'pass', 'no-op']
            or (result.status | string == 'warn' and result.node.name in var('allowed_warnings')) %}
            {% do done.append(result.node.unique_id) %}
        {% else %}
            {% do bad.append(result.node.name ~ ' (' ~ result.status ~ ')') %}
            {% if 'Out of Memory' in result.message | string %}
                {% do too_large.append(result.node.name) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% set missing = [] %}
    {% for node in graph.nodes.values()
        if node.resource_type in ['model', 'seed', 'snapshot', 'test']
        and node.config.get('enabled', true) and node.config.get('materialized') != 'ephemeral'
        and node.unique_id not in done %}
        {% do missing.append(node.name) %}
    {% endfor %}
    {% set blockers = [] %}
    {% if too_large %}
        {% do blockers.append(
            'the memory limit is too low for ' ~ too_large[:5] | join(', ')
            ~ '; raise PARSPREAD_MEMORY_LIMIT, or leave it out for 80 % of the memory'
        ) %}
    {% endif %}
    {% if bad %}
        {% do blockers.append(bad | length ~ ' not passed: ' ~ bad[:5] | join(', ')) %}
    {% elif missing %}
        {% do blockers.append(
            'a partial build (' ~ missing | length ~ ' nodes not selected); run dbt build without a selection'
        ) %}
    {% endif %}
    {{ return(blockers) }}
{% endmacro %}
