-- Index sessions of every instrument with the latest volatility and ETF quote known at that session.
-- Grain: one row per instrument_code and session_date.
-- Tie-break: none needed, an instrument follows one series a day.
-- Drops: nothing; a quote older than max_quote_age_days is null and its status says so.

{% set vix_columns = ['vix_close_pts', 'vix_open_pts', 'vix_high_pts', 'vix_low_pts'] %}
{% set etf_columns = [
    'etf_close_usd', 'etf_spread_bps', 'etf_open_usd', 'etf_high_usd', 'etf_low_usd', 'etf_volume_count'
] %}

with

instruments as (

    select * from {{ ref('instruments') }}

),

sessions as (

    select
        quotes.instrument_code,
        quotes.session_date,
        quotes.data_set,
        instruments.etf_ticker,
        quotes.series_number,
        quotes.is_roll_day,
        quotes.spread_bps,
        quotes.price_pct_par,
        quotes.delivered_spread_bps,
        quotes.delivered_price_pct_par,
        quotes.price_difference_pct_par
    from {{ ref('int_cdx_overlay__series_followed') }} as quotes
    inner join instruments on quotes.instrument_code = instruments.instrument_code

),

volatilities as (

    select
        data_set,
        quote_date,
        {{ vix_columns | join(', ') }},
        coalesce(vix_close_pts = lag(vix_close_pts) over earlier, false) as is_unchanged
    from {{ ref('int_cdx_overlay__volatility_quotes_screened') }}
    where reject_reason is null
    window earlier as (partition by data_set order by quote_date)

),

etf_quotes as (

    select
        data_set,
        etf_ticker,
        quote_date,
        {{ etf_columns | join(', ') }},
        coalesce(
            etf_close_usd = lag(etf_close_usd) over earlier
            and etf_spread_bps is not distinct from lag(etf_spread_bps) over earlier,
            false
        ) as is_unchanged
    from {{ ref('int_cdx_overlay__etf_quotes_screened') }}
    where reject_reason is null
    window earlier as (partition by data_set, etf_ticker order by quote_date)

),

aligned as (

    select
        sessions.*,
        {% for column in vix_columns -%}
            volatilities.{{ column }} as latest_{{ column }},
        {% endfor -%}
        {% for column in etf_columns -%}
            etf_quotes.{{ column }} as latest_{{ column }},
        {% endfor -%}
        coalesce(volatilities.is_unchanged, false) as is_unchanged_vix_quote,
        coalesce(etf_quotes.is_unchanged, false) as is_unchanged_etf_quote,
        date_diff('day', volatilities.quote_date, sessions.session_date) as vix_age_days,
        date_diff('day', etf_quotes.quote_date, sessions.session_date) as etf_age_days
    from sessions
    asof left join volatilities
        on
            sessions.data_set = volatilities.data_set
            and sessions.session_date >= volatilities.quote_date
    asof left join etf_quotes
        on
            sessions.data_set = etf_quotes.data_set
            and sessions.etf_ticker = etf_quotes.etf_ticker
            and sessions.session_date >= etf_quotes.quote_date

),

final as (

    select
        aligned.instrument_code,
        aligned.session_date,
        aligned.data_set,
        aligned.etf_ticker,
        aligned.series_number,
        row_number() over instrument_history as session_number,
        aligned.spread_bps,
        aligned.price_pct_par,
        aligned.price_difference_pct_par,
        aligned.spread_bps - lag(aligned.spread_bps) over instrument_history as spread_change_bps,
        {% for column in vix_columns + etf_columns -%}
            case
                when aligned.{{ column[:3] }}_age_days <= {{ var('max_quote_age_days') }}
                    then aligned.latest_{{ column }}
            end as {{ column }},
        {% endfor -%}
        aligned.vix_age_days,
        aligned.etf_age_days,
        {{ weekday_number('aligned.session_date') }}
        - lag({{ weekday_number('aligned.session_date') }}) over instrument_history
        - 1 as skipped_weekday_count,
        aligned.is_roll_day,
        coalesce(
            aligned.delivered_spread_bps is not distinct from
            lag(aligned.delivered_spread_bps) over instrument_history
            and aligned.delivered_price_pct_par is not distinct from
            lag(aligned.delivered_price_pct_par) over instrument_history
            and aligned.series_number is not distinct from
            lag(aligned.series_number) over instrument_history,
            false
        ) as is_unchanged_quote,
        aligned.is_unchanged_vix_quote,
        aligned.is_unchanged_etf_quote,
        case
            when aligned.vix_age_days is null then 'no_quote_yet'
            when aligned.vix_age_days > {{ var('max_quote_age_days') }} then 'quote_too_old'
            when aligned.vix_age_days > 0 then 'carried_forward'
            else 'same_day'
        end as vix_status,
        case
            when aligned.etf_age_days is null then 'no_quote_yet'
            when aligned.etf_age_days > {{ var('max_quote_age_days') }} then 'quote_too_old'
            when aligned.etf_age_days > 0 then 'carried_forward'
            else 'same_day'
        end as etf_status
    from aligned
    window
        instrument_history as (
            partition by aligned.instrument_code order by aligned.session_date
        )

)

select * from final
