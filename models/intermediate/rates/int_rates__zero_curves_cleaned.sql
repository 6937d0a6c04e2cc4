-- Parameters of the Treasury zero curve, on days with sound ones.
-- Grain: one row per curve_date.
-- Drops: rejected lines, which fct_rejected_rows lists.

with

params as (

    select * from {{ ref('stg_fed__yield_curve_params') }}

),

screened as (

    select * from {{ ref('int_rates__treasury_curves_screened') }}

),

final as (

    select
        params.curve_date,
        params.beta0_dec,
        params.beta1_dec,
        params.beta2_dec,
        params.beta3_dec,
        params.tau1_years,
        params.tau2_years,
        params.source_row_number
    from params
    inner join screened on params.source_row_number = screened.source_row_number
    where screened.reject_reason is null

)

select * from final
