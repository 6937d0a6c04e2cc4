{% macro register_inputs() %}
    {% if execute and flags.WHICH in ['build', 'run', 'seed', 'snapshot', 'test'] %}
        {% set contract = [] %}
        {% for source in graph.sources.values() if source.schema == 'vendor' and source.meta.get('file') %}
            {% set columns = [] %}
            {% for column in source.columns.values() %}
                {% do columns.append({
                    'name': column.name, 'data_type': column.data_type, 'meta': column.meta,
                    'used_value': var(column.meta.used_var) if column.meta.get('used_var') else none,
                    'as_number': number_value('"' ~ column.name ~ '"', may_be_percent=true)
                        if column.meta.get('may_be_percent')
                        else share_value('"' ~ column.name ~ '"') if column.meta.get('is_share') else none,
                }) %}
            {% endfor %}
            {% do contract.append({
                'table': source.name, 'meta': source.meta, 'columns': columns,
            }) %}
        {% endfor %}
        {% set call_sql %}
            select parspread_check_inputs(
                {{ sql_text(tojson(contract)) }}, {{ sql_text(as_of_date()) }}, {{ sql_text(var('restated_values')) }},
                {{ sql_text(var('lost_run_ledger')) }}
            )
        {% endset %}
        {% set report = fromjson(on_duckdb(call_sql).columns[0].values()[0]) %}
        {% if report.errors %}
            {{ exceptions.raise_compiler_error(
                'the inputs cannot be built:\n  - ' ~ report.errors | join('\n  - ')
            ) }}
        {% endif %}
        {% for note in report.notes %}
            {{ log(note, info=true) }}
        {% endfor %}
        {% do on_duckdb('create schema if not exists vendor') %}
        {% for statement in report.statements %}
            {% do on_duckdb(statement) %}
        {% endfor %}
        {% do hand_over('expose vendor') %}
        {% do say_withheld() %}
    {% endif %}
{% endmacro %}


{% macro say_withheld() %}
    {#- Says how many rows the as-of date keeps out, and which desks it leaves empty: a clock that is wrong looks
        like a point in time. -#}
    {% set needed = [] %}
    {% for source in graph.sources.values() if source.meta.get('file') and not source.meta.get('optional') %}
        {% do needed.append('(' ~ sql_text(source.name) ~ ', ' ~ sql_text(source.meta.desk) ~ ')') %}
    {% endfor %}
    {% set note_sql %}
        select
            'as of {{ as_of_date() }}, rows dated or known later are withheld: '
            || string_agg(table_name || ' ' || withheld_count || ' of ' || row_count, ', ' order by table_name)
            || coalesce('; nothing is left for desk ' || list_aggregate(list_sort(list_distinct(list(desk)
                filter (where withheld_count = row_count))), 'string_agg', ', ') || ', whose tables are built empty', '')
            || '; if that is not meant, correct as_of_date or the clock of this machine'
        from (
            select table_name, count(*) as withheld_count
            from vendor.withheld_rows
            where withheld_reason in ('date_in_future', 'not_known_yet')
            group by table_name
        )
        inner join (
            select table_name, any_value(table_row_count) as row_count
            from vendor.input_files
            where data_set = 'desk'
            group by table_name
        ) using (table_name)
        left join (values {{ needed | join(', ') }}) as needed (table_name, desk) using (table_name)
        having count(*) > 0
    {% endset %}
    {% for note in on_duckdb(note_sql).columns[0].values() %}
        {{ log(note, info=true) }}
    {% endfor %}
{% endmacro %}


{% macro as_of_date() -%}
    {#- The day whose knowledge the build uses: var as_of_date, or the day of the build. -#}
    {{ return((var('as_of_date') or run_started_at.strftime('%Y-%m-%d')) | string) }}
{%- endmacro %}


{% macro sql_text(value) -%}
    '{{ value | string | replace("'", "''") }}'
{%- endmacro %}


{% macro folder_name(path) -%}
    {{ path if path == 'seeds/sample' else (path | string).rstrip('/').split('/')[-1] }}
{%- endmacro %}
