{% materialization test, adapter='duckdb' %}
    {#- A test as dbt runs it, whose failure says on the console which rules are broken, on how many rows, and how one
        of them looks. -#}
    {%- set made = dbt.materialization_test_default() -%}
    {% if load_result('main')['data'][0][0] %}
        {% set rows = '(' ~ sql ~ ') as tested_row' %}
        {% if not model.test_metadata %}
            {% set rows = "(select '" ~ model.name ~ "' as rule, to_json(tested_row) as broken_row from " ~ rows ~ ')' %}
        {% endif %}
        {% set broken = run_query(
            "select rule || ' is broken on ' || count(*) || if(count(*) = 1, ' row: ', ' rows, such as ') "
            ~ "|| min(broken_row)[:700] from " ~ rows ~ ' group by rule order by rule'
        ) %}
        {% for line in broken.columns[0].values() %}{% do log(line, info=true) %}{% endfor %}
    {% endif %}
    {{ return(made) }}
{% endmaterialization %}
