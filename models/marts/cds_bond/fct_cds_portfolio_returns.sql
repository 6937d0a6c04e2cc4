-- Monthly returns of the twenty CDS portfolios, credit quintile by tenor: correct, and as published.
-- Grain: one row per portfolio_code and month_end_date.
-- Sign: positive = the seller of protection gains; the published number mixes both sides and is nobody's
-- gain.
-- Formulas: correct = mean over the portfolio's contracts of their month's return. published = month's
-- product of the daily returns on the mean spread of the portfolio; scaled = times the standard deviation
-- of the quintile's five-year portfolio over its own, whole sample.

with

contracts as (

    select * from {{ ref('fct_cds_returns') }}

),

day_returns as (

    select * from {{ ref('int_cds_bond__cds_day_returns_computed') }}
    where series_kind = 'portfolio'

),

means as (

    select
        tenor_code,
        quintile_number,
        month_end_date,
        count(*) as contract_count,
        avg(return_dec order by ticker) as return_dec
    from contracts
    where return_status = 'ok'
    group by tenor_code, quintile_number, month_end_date

),

published as (

    select
        tenor_code,
        quintile_number,
        month_end_date,
        if(
            count(published_return_dec) = count(*),
            product(1 + published_return_dec order by quote_date) - 1,
            null
        ) as published_return_dec
    from day_returns
    group by tenor_code, quintile_number, month_end_date

),

deviations as (

    select
        tenor_code,
        quintile_number,
        stddev_samp(published_return_dec order by month_end_date) as deviation_dec
    from published
    group by tenor_code, quintile_number

),

final as (

    select
        published.tenor_code || '_Q' || published.quintile_number as portfolio_code,
        published.month_end_date,
        published.tenor_code,
        published.quintile_number,
        coalesce(means.contract_count, 0) as contract_count,
        means.return_dec,
        published.published_return_dec,
        published.published_return_dec * five_year.deviation_dec
        / nullif(deviations.deviation_dec, 0) as published_scaled_return_dec,
        if(means.return_dec is null, 'no_contract_with_return', 'ok') as return_status,
        case
            when published.published_return_dec is null then 'no_curve'
            when
                coalesce(deviations.deviation_dec, 0) = 0
                or five_year.deviation_dec is null
                then 'no_deviation'
            else 'ok'
        end as published_status
    from published
    inner join deviations
        on
            published.tenor_code = deviations.tenor_code
            and published.quintile_number = deviations.quintile_number
    left join deviations as five_year
        on
            published.quintile_number = five_year.quintile_number
            and five_year.tenor_code = '5Y'
    left join means
        on
            published.tenor_code = means.tenor_code
            and published.quintile_number = means.quintile_number
            and published.month_end_date = means.month_end_date

)

select * from final
