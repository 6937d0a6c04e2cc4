-- Delivered index quotes, and trades as data set prints, with their series, the terms and the discount rate
-- that turn a spread into a price.
-- Grain: one row per data_set and source_row_number.
-- Tie-break: instruments of one index and tenor follow different series of the same quotes; the one on the
-- run, else the first by its code, reads them.
-- Drops: rows of no enabled instrument; the screened model says so.

with

quotes as (

    select
        quotes.* replace (
            case when not {{ date_unusable('quotes.quote_date') }} then quotes.quote_date end as quote_date
        )
    from (
        select * from {{ ref('stg_market__index_quotes') }}
        union all by name
        select
            prints.* exclude (prints.trade_id, prints.notional_usd, prints.is_capped),
            'prints' as data_set
        from {{ ref('stg_dtcc__index_prints') }} as prints
    ) as quotes

),

named as (

    select
        instruments.*,
        unnest(string_split(upper(instruments.vendor_names), ';')) as vendor_index_name
    from {{ ref('instruments') }} as instruments
    where instruments.kind = 'cdx' and instruments.is_enabled

),

instruments as (

    select named.*
    from named
    qualify
        row_number() over (
            partition by named.data_set, {{ without_series('named.vendor_index_name') }}, named.tenor_code
            order by named.series_policy <> 'on_the_run', named.instrument_code
        ) = 1

),

series as (

    select * from {{ ref('int_cdx_overlay__index_series_dated') }}

),

discount_rates as (

    {{ index_discount_rates() }}

),

labelled as (

    select
        quotes.* exclude (quotes.series_number),
        instruments.instrument_code,
        instruments.index_code,
        instruments.tenor_months_count,
        -- A trade is quoted as it says.
        case
            when quotes.data_set <> 'prints' then instruments.quote_kind
            when quotes.spread_bps is null then 'price'
            else 'spread'
        end as quote_kind,
        instruments.session_calendar,
        instruments.plausible_min_bps,
        instruments.plausible_max_bps,
        instruments.coupon_bps,
        instruments.recovery_share,
        quotes.series_number as label_number,
        max(quotes.series_number) over same_day as label_of_the_day,
        by_rule.series_number as rule_series_number,
        coalesce(discount_rates.discount_rate_dec, {{ var('index_discount_rate_dec') }})
            as discount_rate_dec
    from quotes
    inner join instruments
        on
            if(quotes.data_set = 'prints', 'desk', quotes.data_set) = instruments.data_set
            and quotes.tenor_code = instruments.tenor_code
            and {{ without_series('upper(quotes.vendor_index_name)') }}
            = {{ without_series('instruments.vendor_index_name') }}
    asof left join series as by_rule
        on
            instruments.index_code = by_rule.index_code
            and quotes.quote_date >= by_rule.first_on_the_run_date
    asof left join discount_rates on quotes.quote_date >= discount_rates.curve_date
    window
        same_day as (
            partition by quotes.data_set, instruments.instrument_code, quotes.quote_date
        )

),

final as (

    select
        labelled.data_set,
        labelled.source_row_number,
        labelled.instrument_code,
        labelled.index_code,
        labelled.quote_date,
        labelled.label_number,
        coalesce(labelled.label_number, labelled.label_of_the_day, labelled.rule_series_number)
            as series_number,
        case
            when labelled.label_number is not null then 'delivered'
            when labelled.label_of_the_day is not null then 'label_of_the_day'
            else 'roll_rule'
        end as series_status,
        series.first_on_the_run_date,
        (series.tenor_starts_date + to_months(labelled.tenor_months_count))::date as maturity_date,
        labelled.spread_bps,
        labelled.price_pct_par,
        labelled.quote_kind,
        labelled.session_calendar,
        labelled.plausible_min_bps,
        labelled.plausible_max_bps,
        labelled.coupon_bps,
        labelled.recovery_share,
        labelled.discount_rate_dec
    from labelled
    left join series
        on
            labelled.index_code = series.index_code
            and coalesce(labelled.label_number, labelled.label_of_the_day, labelled.rule_series_number)
            = series.series_number

)

select * from final
