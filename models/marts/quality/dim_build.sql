-- The build that made these tables.
-- Grain: one row per build_id.

with

files as (

    select
        string_agg(
            files.table_name || files.sha256, '' order by files.table_name, files.file_name
        ) as digests
    from {{ ref('stg_build__input_files') }} as files

),

catalog_rows as (

    select
        'instruments' as catalog_name,
        to_json(instruments)::varchar as row_json
    from {{ ref('instruments') }} as instruments
    union all
    select
        'signals' as catalog_name,
        to_json(signals)::varchar as row_json
    from {{ ref('signals') }} as signals
    union all
    select
        'composites' as catalog_name,
        to_json(composites)::varchar as row_json
    from {{ ref('composites') }} as composites
    union all
    select
        'strategies' as catalog_name,
        to_json(strategies)::varchar as row_json
    from {{ ref('strategies') }} as strategies
    union all
    select
        'sweeps' as catalog_name,
        to_json(sweeps)::varchar as row_json
    from {{ ref('sweeps') }} as sweeps
    union all
    select
        'analysis_periods' as catalog_name,
        to_json(analysis_periods)::varchar as row_json
    from {{ ref('analysis_periods') }} as analysis_periods
    union all
    select
        'cds_doc_clauses' as catalog_name,
        to_json(cds_doc_clauses)::varchar as row_json
    from {{ ref('cds_doc_clauses') }} as cds_doc_clauses
    union all
    select
        'cds_tenors' as catalog_name,
        to_json(cds_tenors)::varchar as row_json
    from {{ ref('cds_tenors') }} as cds_tenors
    union all
    select
        'rating_groups' as catalog_name,
        to_json(rating_groups)::varchar as row_json
    from {{ ref('rating_groups') }} as rating_groups

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
        md5(catalogs.content) as catalog_fingerprint
    from files
    cross join catalogs

)

select * from final
