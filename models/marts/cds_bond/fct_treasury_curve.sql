-- The Treasury zero curve by date: fitted parameters, zero and par yields.
-- Grain: one row per curve_date and maturity_years.
-- A holiday or rejected day shows the latest earlier curve with its age; curve_status says why there is none.

with

published as (

    select params.*
    from {{ ref('stg_fed__yield_curve_params') }} as params
    inner join {{ ref('int_rates__treasury_curves_screened') }} as screened
        on params.source_row_number = screened.source_row_number
    where screened.reject_reason is null

),

final as (

    select
        dated.curve_date,
        dated.maturity_years,
        dated.parameters_date,
        dated.parameters_age_days,
        yields.zero_yield_dec,
        yields.par_yield_dec,
        case dated.maturity_years
            {% for year in range(1, 31) -%}
                when {{ year }} then published.zero_yield_{{ year }}y_dec
            {% endfor -%}
        end as published_zero_yield_dec,
        dated.beta0_dec,
        dated.beta1_dec,
        dated.beta2_dec,
        dated.beta3_dec,
        dated.tau1_years,
        -- Without a second hump its decay time means nothing; the vendor writes -999.99.
        if(dated.beta3_dec = 0, null, dated.tau2_years) as tau2_years,
        dated.beta3_dec <> 0 as has_second_hump,
        yields.curve_status
    from {{ ref('int_rates__treasury_curves_dated') }} as dated
    inner join {{ ref('int_rates__treasury_yields_evaluated') }} as yields
        on dated.curve_date = yields.curve_date and dated.maturity_years = yields.maturity_years
    left join published on dated.curve_date = published.curve_date

)

select * from final
