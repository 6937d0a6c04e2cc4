-- Every CDS quote with the first reason against it: a fault, or a contract that the desk does not use.
-- Grain: one row per source_row_number.
-- Contract codes are read whatever their case and padding.
-- A table, because seven models and their tests read it: cleaning a quote costs more than storing it. Rows
-- keep the order of the files, so that a model of one year skips the others.

with

quotes as (

    select * from {{ ref('stg_markit__cds_quotes') }}

),

delivered as (

    select * from {{ ref('int_cds_bond__columns_delivered') }}

),

tenors as (

    select * from {{ ref('cds_tenors') }}

),

in_another_unit as (

    select source_row_number from {{ ref('int_cds_bond__cds_quotes_compared') }}

),

screened as (

    select
        quotes.*,
        case
            when {{ date_unusable('quotes.quote_date') }} then 'date_missing_or_unreadable'
            when quotes.red_code is null then 'red_code_missing'
            when tenors.tenor_code is null then 'tenor_unknown'
            when quotes.par_spread_dec is null then 'par_spread_missing_or_unreadable'
            when not isfinite(quotes.par_spread_dec) then 'par_spread_not_finite'
            when quotes.par_spread_dec <= 0 then 'par_spread_not_positive'
            when quotes.par_spread_dec > {{ var('max_par_spread_dec') }}
                then 'par_spread_above_plausible'
            when in_another_unit.source_row_number is not null then 'par_spread_unit_suspect'
            else quotes.row_fault
        end as fault_reason,
        case
            when delivered.has_country and not {{ is_code('quotes.country', var('cds_country')) }}
                then 'other_country'
            when delivered.has_currency and not {{ is_code('quotes.currency', var('cds_currency')) }}
                then 'other_currency'
            when delivered.has_tier and not {{ is_code('quotes.tier', var('cds_tier')) }}
                then 'other_tier'
        end as contract_reason,
        case when not tenors.is_used_by_standard then 'tenor_not_used' end as tenor_reason
    from quotes
    cross join delivered
    left join in_another_unit on quotes.source_row_number = in_another_unit.source_row_number
    left join tenors on quotes.tenor_code = tenors.tenor_code

),

final as (

    select
        screened.* exclude (
            screened.row_fault,
            screened.quote_date_as_delivered,
            screened.doc_clause_as_delivered,
            screened.par_spread_delivered_dec
        ),
        -- Only rows at fault are shown as delivered.
        if(
            screened.fault_reason is null,
            null,
            {{ raw_row({
                'date': 'screened.quote_date_as_delivered',
                'ticker': 'screened.ticker',
                'redcode': 'screened.red_code_as_delivered',
                'parspread': 'screened.par_spread_delivered_dec',
                'tenor': 'screened.tenor_as_delivered',
                'tier': 'screened.tier',
                'country': 'screened.country',
                'currency': 'screened.currency',
                'docclause': 'screened.doc_clause_as_delivered',
            }) }}
        ) as raw_row_json
    from screened

)

select * from final
