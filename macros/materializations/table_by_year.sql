{% materialization table_by_year, adapter='duckdb' %}
    {#- A table filled year by year, for models whose input is too large to group at once (a median holds every
        value of its group in memory) and whose groups never span two years. The model restricts its input with
        in_year(column); its config names the relation and the date column that define the years. -#}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set column = config.require('date_column') -%}

    {{ run_hooks(pre_hooks) }}
    {% set years = run_query(
        'select distinct year(' ~ column ~ ') as year from ' ~ config.require('date_relation')
        ~ ' where isfinite(' ~ column ~ ') order by year'
    ).columns[0].values() | map('int') | list %}
    {% if existing_relation is not none %}
        {% do adapter.drop_relation(existing_relation) %}
    {% endif %}
    {% for year in years or [run_started_at.year] %}
        {% call statement('main' if loop.last else 'year_' ~ year) %}
            {{ 'create table ' ~ target_relation ~ ' as' if loop.first else 'insert into ' ~ target_relation }}
            {{ sql | replace('__first_date__', '%04d-01-01' % year)
                | replace('__next_date__', '%04d-01-01' % (year + 1)) }}
        {% endcall %}
    {% endfor %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
