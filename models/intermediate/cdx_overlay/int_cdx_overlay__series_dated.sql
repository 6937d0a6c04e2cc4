-- Accepted index quotes, all series side by side, with maturity, index factor and version of their series.
-- Grain: one row per data_set, index_code, tenor_code, series_number and quote_date.

with

quotes as (

    select * from {{ ref('int_cdx_overlay__index_quotes_screened') }}
    where reject_reason is null

),

events as (

    select
        events.index_code,
        events.series_number,
        events.effective_date,
        {{ exact_sum('events.weight_share', 'dec') }} as left_share,
        count(*) as event_count,
        max(events.index_version_number) as stated_version_number
    from {{ ref('int_cdx_overlay__index_events_screened') }} as events
    where events.reject_reason is null
    group by events.index_code, events.series_number, events.effective_date

),

factors as (

    select
        'desk' as data_set,
        events.index_code,
        events.series_number,
        events.effective_date,
        1 - sum(events.left_share) over so_far as index_factor_share,
        greatest(
            1 + sum(events.event_count) over so_far, max(events.stated_version_number) over so_far
        ) as index_version_number
    from events
    window
        so_far as (
            partition by events.index_code, events.series_number
            order by events.effective_date
            rows between unbounded preceding and current row
        )

),

final as (

    select
        quotes.data_set,
        quotes.index_code,
        quotes.tenor_code,
        quotes.series_number,
        quotes.quote_date,
        quotes.instrument_code as quoting_instrument_code,
        quotes.maturity_date,
        quotes.spread_bps,
        quotes.price_pct_par,
        quotes.delivered_spread_bps,
        quotes.delivered_price_pct_par,
        quotes.price_difference_pct_par,
        coalesce(factors.index_factor_share, 1) as index_factor_share,
        coalesce(factors.index_version_number, 1)::integer as index_version_number,
        quotes.series_status,
        -- A quote of an older series than one quoted before it is off the run too.
        quotes.series_number = max(quotes.series_number) over up_to_the_day as is_on_the_run
    from quotes
    asof left join factors
        on
            quotes.data_set = factors.data_set
            and quotes.index_code = factors.index_code
            and quotes.series_number = factors.series_number
            and quotes.quote_date >= factors.effective_date
    window
        up_to_the_day as (
            partition by quotes.data_set, quotes.index_code, quotes.tenor_code
            order by quotes.quote_date
            range between unbounded preceding and current row
        )

)

select * from final
