-- Every delivered row that the build did not use, with the reason and the row as delivered.
-- Grain: one row per source_name, data_set and source_row_number.

with

screened as (

    select
        'cdx' as source_name,
        quotes.data_set,
        quotes.source_row_number,
        coalesce(quotes.instrument_code, 'unknown') || ' ' || coalesce(quotes.quote_date::varchar, '?')
            as natural_key,
        quotes.reject_reason,
        quotes.raw_row_json
    from {{ ref('int_cdx_overlay__index_quotes_screened') }} as quotes
    union all
    select
        'vix' as source_name,
        quotes.data_set,
        quotes.source_row_number,
        coalesce(quotes.quote_date::varchar, '?') as natural_key,
        quotes.reject_reason,
        quotes.raw_row_json
    from {{ ref('int_cdx_overlay__volatility_quotes_screened') }} as quotes
    union all
    select
        'etf' as source_name,
        quotes.data_set,
        quotes.source_row_number,
        coalesce(quotes.etf_ticker, '?') || ' ' || coalesce(quotes.quote_date::varchar, '?')
            as natural_key,
        quotes.reject_reason,
        quotes.raw_row_json
    from {{ ref('int_cdx_overlay__etf_quotes_screened') }} as quotes
    union all
    select
        faults.source_name,
        'desk' as data_set,
        faults.source_row_number,
        faults.natural_key,
        faults.reject_reason,
        faults.raw_row_json
    from {{ ref('int_cds_bond__rejections_collected') }} as faults
    union all
    select
        withheld.table_name as source_name,
        withheld.data_set,
        withheld.source_row_number,
        withheld.natural_key,
        withheld.reject_reason,
        withheld.raw_row_json
    from {{ ref('stg_build__withheld_rows') }} as withheld

),

final as (

    select
        screened.source_name,
        screened.data_set,
        screened.source_row_number,
        screened.natural_key,
        screened.reject_reason,
        screened.raw_row_json
    from screened
    where screened.reject_reason is not null

)

select * from final
