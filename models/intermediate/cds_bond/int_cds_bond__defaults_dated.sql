-- The default of each entity that had one: its first delivered event, else quotes that end in default.
-- Grain: one row per red_code.
-- Quotes end in default where the last curve of an entity stands at cds_default_spread_dec or above (the
-- tenor next to five years) and no quote of it, not even an implausible one, comes within max_quote_gap_days
-- of the last, though the market goes on being quoted. The event is the day after the last quote.
-- An entity has one default: what is quoted after it is another contract.

with

delivered as (

    select
        red_code,
        min(event_date) as event_date,
        arg_min(auction_recovery_share, event_date) as auction_recovery_share
    from {{ ref('int_cds_bond__credit_events_screened') }}
    where reject_reason is null
    group by red_code

),

last_curves as (

    select
        red_code,
        arg_max(
            coalesce(par_spread_5y_dec, par_spread_3y_dec, par_spread_7y_dec, par_spread_1y_dec, 0),
            quote_date
        ) as par_spread_dec
    from {{ ref('int_cds_bond__cds_curves_cleaned') }}
    group by red_code
    having par_spread_dec >= {{ var('cds_default_spread_dec') }}

),

-- An implausible quote is still a quote.
last_quotes as (

    select
        quotes.red_code,
        max(quotes.quote_date) as quote_date
    from {{ ref('int_cds_bond__cds_quotes_screened') }} as quotes
    inner join last_curves on quotes.red_code = last_curves.red_code
    where not {{ date_unusable('quotes.quote_date') }} and quotes.par_spread_dec > 0
    group by quotes.red_code

),

final as (

    select
        coalesce(delivered.red_code, last_quotes.red_code) as red_code,
        coalesce(delivered.event_date, last_quotes.quote_date + 1) as event_date,
        delivered.auction_recovery_share,
        case
            when delivered.red_code is null then 'quotes_end'
            when delivered.auction_recovery_share is null then 'delivered_without_recovery'
            else 'delivered'
        end as default_source
    from delivered
    full outer join last_quotes on delivered.red_code = last_quotes.red_code
    where
        delivered.red_code is not null
        or last_quotes.quote_date + {{ var('max_quote_gap_days') }}
        < (select max(curves.quote_date) from {{ ref('int_cds_bond__cds_curves_cleaned') }} as curves)

)

select * from final
