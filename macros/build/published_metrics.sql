{% macro published_metrics() %}
    {#- Views of the schema metrics, one for each saved query, and metrics.definitions. What a measure is stands in
        models/metrics alone. -#}
    {% set metrics = {} %}
    {% for metric in graph.metrics.values() %}
        {% do metrics.update({metric.name: metric}) %}
    {% endfor %}
    {% set views = [] %}
    {% for query in graph.saved_queries.values() %}
        {% do views.append(metric_view(query, metrics)) %}
    {% endfor %}
    {% set rows = [] %}
    {% for metric in metrics.values() | sort(attribute='name') %}
        {% set model = metric_model(metric, metrics) %}
        {% set table = model.node_relation.schema_name ~ '.' ~ model.node_relation.alias %}
        {% set cells = [] %}
        {% for cell in [metric.name, metric.label, metric_unit(metric), metric.description, table, metric_sql(metric, metrics)] %}
            {% do cells.append(sql_text(cell | trim)) %}
        {% endfor %}
        {% do rows.append('(' ~ cells | join(', ') ~ ')') %}
    {% endfor %}
    {% if rows %}
        {% do views.append({
            'name': 'definitions',
            'sql': 'select * from (values ' ~ rows | join(', ')
                ~ ') as listed (metric_code, label, unit, description, table_name, expression_sql)',
            'description': 'Every measure: what it means, its unit, and how it is computed from which table.',
            'columns': {
                'metric_code': 'Name of the measure; its last word is the unit.', 'label': 'Name on charts.',
                'unit': 'Unit in words.', 'description': 'What it means.', 'table_name': 'Table that it adds up.',
                'expression_sql': 'Its SQL: select it from table_name, grouped by any columns of that table.',
            },
        }) %}
    {% endif %}
    {{ return(views) }}
{% endmacro %}


{% macro metric_view(query, metrics) %}
    {% set chosen = [] %}
    {% for name in query.query_params.metrics %}
        {% do chosen.append(metrics[name]) %}
    {% endfor %}
    {% set model = metric_model(chosen[0], metrics) %}
    {% set table = graph.nodes[model.depends_on.nodes[0]] %}
    {% set columns = {} %}
    {% set parts = [] %}
    {% for dimension in query.query_params.group_by %}
        {% set entity, name, grain = modules.re.match("\w+\('(\w+?)__(\w+)'(?:, *'(\w+)')?\)", dimension).groups() %}
        {% set described = table.columns[name].description | trim %}
        {% if grain in [none, 'day'] %}
            {% do parts.append(name) %}
            {% do columns.update({name: described}) %}
        {% else %}
            {% do parts.append("date_trunc('" ~ grain ~ "', " ~ name ~ ')::date as ' ~ grain ~ '_start_date') %}
            {% do columns.update({grain ~ '_start_date': 'First day of the ' ~ grain ~ ' of ' ~ name ~ '.'}) %}
        {% endif %}
    {% endfor %}
    {% for metric in chosen %}
        {% if metric_model(metric, metrics).name != model.name %}
            {{ exceptions.raise_compiler_error('the metrics of saved query ' ~ query.name ~ ' must be of one semantic model; '
                ~ metric.name ~ ' is not of ' ~ model.name) }}
        {% endif %}
        {% do parts.append(metric_sql(metric, metrics) ~ ' as ' ~ metric.name) %}
        {% do columns.update({metric.name: metric.description | trim ~ ' Unit: ' ~ metric_unit(metric) ~ '.'}) %}
    {% endfor %}
    {% set relation = model.node_relation.schema_name ~ '.' ~ model.node_relation.alias %}
    {% set condition = metric_filter(query.query_params.where) %}
    {{ return({
        'name': query.name, 'description': query.description | trim, 'columns': columns,
        'sql': 'select ' ~ parts | join(', ') ~ ' from ' ~ relation
            ~ (' where ' ~ condition if condition else '') ~ ' group by all',
    }) }}
{% endmacro %}


{% macro metric_model(metric, metrics) %}
    {% set of_one = metrics[metric.type_params.numerator.name] if metric.type == 'ratio' else metric %}
    {{ return(graph.semantic_models[of_one.depends_on.nodes[0]]) }}
{% endmacro %}


{% macro metric_sql(metric, metrics) %}
    {#- SQL of a metric over the columns of its table; sums and means do not depend on the order of rows. -#}
    {% if metric.type == 'ratio' %}
        {{ return(metric_sql(metrics[metric.type_params.numerator.name], metrics) ~ ' / nullif('
            ~ metric_sql(metrics[metric.type_params.denominator.name], metrics) ~ ', 0)') }}
    {% endif %}
    {% set model = metric_model(metric, metrics) %}
    {% set measure = model.measures | selectattr('name', 'equalto', metric.type_params.measure.name) | first %}
    {% set value = measure.expr or measure.name %}
    {% set condition = metric_filter(metric.filter) or none %}
    {% set filtered = ' filter (where ' ~ condition ~ ')' if condition else '' %}
    {% set unit = metric.name.split('_') | last %}
    {% set total = exact_sum(value, unit if unit in ['usd', 'bps'] else 'dec', condition) | trim %}
    {% set counted = 'count(' ~ value ~ ')' ~ filtered %}
    {% if measure.non_additive_dimension %}
        {{ return('arg_max(' ~ value ~ ', ' ~ measure.non_additive_dimension.name ~ ')' ~ filtered) }}
    {% elif measure.agg == 'sum' %}
        {{ return(counted_or_total(total, unit)) }}
    {% elif measure.agg == 'average' %}
        {{ return(total ~ ' / nullif(' ~ counted ~ ', 0)') }}
    {% elif measure.agg == 'count' %}
        {{ return(counted) }}
    {% elif measure.agg in ['min', 'max'] %}
        {{ return(measure.agg ~ '(' ~ value ~ ')' ~ filtered) }}
    {% endif %}
    {{ exceptions.raise_compiler_error('metric ' ~ metric.name ~ ' must be a ratio or a sum, average, count, min or max; '
        ~ 'its measure has agg ' ~ measure.agg) }}
{% endmacro %}


{% macro counted_or_total(total, unit) %}
    {{ return('(' ~ total ~ ')::bigint' if unit == 'count' else total) }}
{% endmacro %}


{% macro metric_filter(filter) %}
    {% set conditions = [] %}
    {% for part in (filter.where_filters if filter else []) %}
        {% do conditions.append(modules.re.sub("\{\{ *Dimension\('\w+?__(\w+)'\) *\}\}", "\\1", part.where_sql_template)) %}
    {% endfor %}
    {{ return(conditions | join(' and ')) }}
{% endmacro %}


{% macro metric_unit(metric) %}
    {% set units = {
        'usd': 'dollars', 'bps': 'basis points', 'mm': 'millions of dollars', 'count': 'whole number',
        'share': 'fraction', 'ratio': 'pure number', 'z': 'standard deviations', 'pts': 'index points',
    } %}
    {{ return(units[metric.name.split('_') | last]) }}
{% endmacro %}
