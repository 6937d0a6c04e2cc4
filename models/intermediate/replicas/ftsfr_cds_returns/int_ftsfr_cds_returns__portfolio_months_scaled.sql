-- Monthly returns of the twenty CDS portfolios, credit quintile by tenor, as the published code has them.
-- Grain: one row per portfolio_code and month_end_date.
-- Formulas: product of (1 + daily return on the portfolio's mean spread) over the month, less 1; scaled =
-- times the standard deviation of the quintile's five-year portfolio over its own, whole sample.

with

months as (

    select
        tenor_code,
        quintile_number,
        month_end_date,
        if(
            count(return_dec) = count(*),
            {{ compounded_return('return_dec') }},
            null
        ) as return_dec
    from {{ ref('int_ftsfr_cds_returns__day_returns_computed') }}
    where series_kind = 'portfolio'
    group by tenor_code, quintile_number, month_end_date

),

-- A portfolio has one value a month: few enough to sort.
deviations as (

    select
        tenor_code,
        quintile_number,
        stddev_samp(return_dec order by month_end_date) as deviation_dec
    from months
    group by tenor_code, quintile_number

),

final as (

    select
        months.tenor_code || '_Q' || months.quintile_number as portfolio_code,
        months.month_end_date,
        months.tenor_code,
        months.quintile_number,
        months.return_dec,
        months.return_dec * five_year.deviation_dec
        / nullif(deviations.deviation_dec, 0) as scaled_return_dec,
        case
            when months.return_dec is null then 'no_curve'
            when
                coalesce(deviations.deviation_dec, 0) = 0
                or five_year.deviation_dec is null
                then 'no_deviation'
            else 'ok'
        end as return_status,
        'not_in_method' as exact_status
    from months
    inner join deviations
        on
            months.tenor_code = deviations.tenor_code
            and months.quintile_number = deviations.quintile_number
    left join deviations as five_year
        on
            months.quintile_number = five_year.quintile_number
            and five_year.tenor_code = '5Y'

)

select * from final
