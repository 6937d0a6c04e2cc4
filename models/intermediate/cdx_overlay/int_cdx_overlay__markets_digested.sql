-- Digests of the quotes and the discount curves on which the runs of a data set rest.
-- Grain: one row per data_set.

with

-- What was accepted, whatever the order of the rows and the format of the files.
market_rows as (

    select
        quotes.data_set,
        concat_ws(
            '|', 'cdx', quotes.instrument_code, quotes.quote_date, quotes.series_number,
            quotes.maturity_date, quotes.delivered_spread_bps, quotes.delivered_price_pct_par
        ) as row_text
    from {{ ref('int_cdx_overlay__index_quotes_screened') }} as quotes
    where quotes.reject_reason is null
    union all
    select
        'desk' as data_set,
        concat_ws(
            '|', 'event', events.index_code, events.series_number, events.entity_name,
            events.effective_date, events.event_date, events.weight_share,
            coalesce(events.auction_recovery_share::varchar, 'null')
        ) as row_text
    from {{ ref('int_cdx_overlay__index_events_screened') }} as events
    where events.reject_reason is null
    union all
    select
        quotes.data_set,
        concat_ws('|', 'vix', quotes.quote_date, quotes.vix_close_pts) as row_text
    from {{ ref('int_cdx_overlay__volatility_quotes_screened') }} as quotes
    where quotes.reject_reason is null
    union all
    select
        quotes.data_set,
        concat_ws(
            '|', 'etf', quotes.etf_ticker, quotes.quote_date, quotes.etf_close_usd,
            coalesce(quotes.etf_spread_bps::varchar, 'null')
        ) as row_text
    from {{ ref('int_cdx_overlay__etf_quotes_screened') }} as quotes
    where quotes.reject_reason is null

),

market_digests as (

    select
        market_rows.data_set,
        count(*) || '|' || bit_xor(md5_number_lower(market_rows.row_text))
        || '|' || bit_xor(md5_number_upper(market_rows.row_text))
        || {{ sql_text(before_holdout('') | replace('true', '')) }} as digest
    from market_rows
    group by market_rows.data_set

),

curve_digests as (

    select
        files.data_set,
        string_agg(files.sha256, '' order by files.file_name)
        || '{{ as_of_date() }}/{{ var("restated_values") }}' as digest
    from {{ ref('stg_build__input_files') }} as files
    where
        files.table_name = 'fed_yield_curve'
        and '{{ var("index_discount_curve") }}' = 'fed'
    group by files.data_set

),

final as (

    select
        coalesce(market_digests.data_set, curve_digests.data_set) as data_set,
        market_digests.digest as market_digest,
        curve_digests.digest as curve_digest
    from market_digests
    full join curve_digests on market_digests.data_set = curve_digests.data_set

)

select * from final
