{% macro losses_beyond_bounds(tables) %}
    {% set checks = ['fct_loss_checks', 'stg_build__input_files', 'accepted_losses', 'loss_bounds'] %}
    {% if 'model.parspread.fct_loss_checks' not in graph.nodes %}
        {{ return([]) }}
    {% endif %}
    {% set gone = fromjson(on_duckdb(
        'select parspread_rows_gone(' ~ sql_text(tojson(tables)) ~ ', ' ~ sql_text(as_of_date()) ~ ')'
    ).columns[0].values()[0]) %}
    {% if gone.note %}
        {{ log(gone.note ~ ': no table is compared with it', info=true) }}
    {% endif %}
    {% set measured %}
        (
            select
                'rows_of_last_release' as check_code,
                'fewer_rows' as reason,
                unnest(
                    from_json(
                        {{ sql_text(tojson(gone.rows)) }},
                        '[{"source_name":"varchar","lost_count":"bigint","total_count":"bigint","cause":"varchar"}]'
                    ),
                    recursive := true
                )
        )
    {% endset %}
    {#- A hook may not ref what a project may lack. -#}
    {% set names = {} %}
    {% for node in graph.nodes.values() if node.name in checks %}
        {% do names.update({node.name: node.relation_name}) %}
    {% endfor %}
    {% do on_duckdb(
        'insert into ' ~ names[checks[0]] ~ ' '
        ~ judged_losses(measured, names[checks[1]], names[checks[2]], names[checks[3]])
    ) %}
    {{ return(on_duckdb(
        'select message from ' ~ names[checks[0]] ~ ' where not is_within and accepted_by is null '
        ~ "order by check_code = 'rows_of_last_release', reason = 'any_reason', lost_share desc, check_code, source_name"
    ).columns[0].values() | list) }}
{% endmacro %}
