-- The Treasury curve known on every delivered date, at every maturity shown.
-- Grain: one row per curve_date and maturity_years.
-- A holiday takes the parameters of the latest earlier day, up to max_curve_age_days; null beyond.

with

days as (

    select distinct curve_date
    from {{ ref('stg_fed__yield_curve_params') }}
    where curve_date is not null

),

curves as (

    select * from {{ ref('int_rates__zero_curves_cleaned') }}

),

maturities as (

    select unnest([0.25, 0.5] || range(1, 31))::double as maturity_years

),

dated as (

    select
        days.curve_date,
        latest.curve_date as parameters_date
    from days
    asof left join curves as latest on days.curve_date >= latest.curve_date

),

final as (

    select
        dated.curve_date,
        maturities.maturity_years,
        curves.curve_date as parameters_date,
        date_diff('day', curves.curve_date, dated.curve_date) as parameters_age_days,
        curves.beta0_dec,
        curves.beta1_dec,
        curves.beta2_dec,
        curves.beta3_dec,
        curves.tau1_years,
        curves.tau2_years
    from dated
    cross join maturities
    left join curves
        on {{ recent_curve_date('dated.parameters_date', 'dated.curve_date') }} = curves.curve_date

)

select * from final
