-- Every delivered ETF quote with the first reason against using it; a spread may be absent, a price may not.
-- Grain: one row per data_set and source_row_number.
-- Tie-break: of equal rows of one key the first of the file is kept; rows that differ are all rejected.

with

quotes as (

    select * from {{ ref('stg_market__etf_quotes') }}

),

read_alone as (

    select
        quotes.*,
        case
            when {{ date_unusable('quotes.quote_date') }} then 'date_unreadable'
            when quotes.etf_ticker is null then 'ticker_missing'
            when quotes.data_set = 'desk' and isodow(quotes.quote_date) > 5 then 'weekend_session'
            when quotes.etf_close_usd is null then 'price_missing_or_unreadable'
            when not (isfinite(quotes.etf_close_usd) and quotes.etf_close_usd > 0)
                then 'price_not_positive'
            -- An absent spread is fine; one that is there but cannot be read is not.
            when quotes.row_fault is not null then quotes.row_fault
            when not isfinite(quotes.etf_spread_bps) then 'spread_not_finite'
            when quotes.etf_spread_bps not between 5 and 5000 then 'spread_outside_plausible_range'
            when quotes.etf_close_usd not between 0.5 and 20000 then 'price_outside_plausible_range'
        end as own_reason
    from quotes

),

-- Levels differ from fund to fund, so a value is also compared with the fund's own year before it.
examined as (

    select
        read_alone.* replace (
            case
                when read_alone.own_reason is not null then read_alone.own_reason
                when
                    {{ in_another_unit(
                        'read_alone.etf_close_usd',
                        median_of_earlier('read_alone.etf_close_usd', over='year_before'),
                        ratio=50
                    ) }}
                    then 'price_unit_suspect'
                when
                    {{ in_another_unit(
                        'read_alone.etf_spread_bps',
                        median_of_earlier('read_alone.etf_spread_bps', over='year_before')
                    ) }}
                    then 'spread_unit_suspect'
            end as own_reason
        )
    from read_alone
    window
        year_before as (
            partition by read_alone.data_set, read_alone.etf_ticker, read_alone.own_reason is null
            order by if(read_alone.own_reason is null, read_alone.quote_date, null)
            range between interval 1 year preceding and interval 1 day preceding
        )

),

final as (

    select
        examined.data_set,
        examined.source_row_number,
        examined.etf_ticker,
        examined.quote_date,
        examined.etf_close_usd,
        examined.etf_spread_bps,
        examined.etf_open_usd,
        examined.etf_high_usd,
        examined.etf_low_usd,
        examined.etf_volume_count,
        {{ first_fault(['etf_close_usd', 'etf_spread_bps']) }} as reject_reason,
        examined.raw_row_json
    from examined
    window {{ key_windows(['data_set', 'etf_ticker', 'quote_date']) }}

)

select * from final
