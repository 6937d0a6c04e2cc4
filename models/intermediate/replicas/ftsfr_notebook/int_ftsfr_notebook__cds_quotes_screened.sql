{{ config(materialized='view') }}
-- Every CDS quote with the first reason why the notebook's pull leaves it out.
-- Grain: one row per source_row_number.
-- Codes are compared as delivered, tenors too.
-- A view: one comparison a quote on what the desk has stored.

with

quotes as (

    select * from {{ ref('int_cds_bond__cds_quotes_screened') }}

),

delivered as (

    select * from {{ ref('int_cds_bond__columns_delivered') }}

),

tenors as (

    select * from {{ ref('cds_tenors') }}
    where is_used_by_replicas

),

final as (

    select
        quotes.source_row_number,
        quotes.quote_date,
        quotes.red_code_as_delivered as red_code,
        quotes.ticker,
        tenors.tenor_code,
        quotes.par_spread_dec,
        coalesce(
            {{ replica_contract_reason('quotes', 'delivered') }},
            case
                when tenors.tenor_code is null then 'tenor_not_used'
                when
                    quotes.quote_date is null
                    or quotes.red_code_as_delivered is null
                    or quotes.par_spread_dec is null
                    then 'date_code_or_spread_missing'
                when quotes.ticker is null then 'ticker_missing'
            end
        ) as reject_reason
    from quotes
    cross join delivered
    left join tenors on quotes.tenor_as_delivered = tenors.tenor_code

)

select * from final
