-- The build that made these tables.
-- Grain: one row per build_id.

{% set catalogs = [
    'instruments', 'index_rules', 'index_series_overrides', 'known_credit_events', 'signals', 'composites', 'strategies',
    'strategy_legs', 'strategy_families', 'sweeps', 'stresses', 'verdict_bars', 'portfolios', 'limits',
    'sub_periods', 'recessions', 'analysis_periods', 'cds_doc_clauses', 'cds_tiers', 'cds_tenors', 'package_terms', 'rating_groups', 'loss_bounds',
    'accepted_losses'
] %}

with

files as (

    select
        string_agg(
            files.table_name || files.sha256, '' order by files.table_name, files.file_name
        ) as digests
    from {{ ref('stg_build__input_files') }} as files

),

catalog_rows as (
    {% for catalog in catalogs %}
        select
            '{{ catalog }}' as catalog_name,
            to_json(catalog_row)::varchar as row_json
        from {{ ref(catalog) }} as catalog_row
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

catalogs as (

    select
        string_agg(
            catalog_rows.row_json, '' order by catalog_rows.catalog_name, catalog_rows.row_json
        ) as content
    from catalog_rows

),

final as (

    select
        '{{ invocation_id }}' as build_id,
        '{{ run_started_at }}'::timestamp as started_at,
        null::timestamp as finished_at,
        version() as duckdb_version,
        '{{ dbt_version }}' as dbt_version,
        {{ sql_text(as_of_date()) }}::date as as_of_date,
        {{ sql_text(var('restated_values')) }} as restated_values,
        {{ sql_text(folder_name(var('data_dir'))) }} as data_dir,
        {{ sql_text(pricing_options() | join(' ')) }} as pricing_options,
        md5(files.digests) as input_fingerprint,
        md5(catalogs.content) as catalog_fingerprint,
        null::varchar as code_fingerprint
    from files
    cross join catalogs

)

select * from final
