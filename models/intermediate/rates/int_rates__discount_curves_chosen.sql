-- The curve on which standard bonds and CDS are discounted, by the parameters of its zero yields.
-- Grain: one row per curve_date.
-- fed: the published Treasury curve, every zero yield moved by discount_spread_dec. flat: one rate on every
-- day that has bonds or CDS, as parameters without slope or hump. The replicas never read this.

with

published as (

    select
        curve_date,
        beta0_dec + {{ var('discount_spread_dec') }}::double as beta0_dec,
        beta1_dec,
        beta2_dec,
        beta3_dec,
        tau1_years,
        tau2_years
    from {{ ref('int_rates__zero_curves_cleaned') }}

),

days as (

    select observation_date as curve_date
    from {{ ref('stg_wrds__bond_months') }}
    union
    select quote_date as curve_date
    from {{ ref('stg_markit__cds_quotes') }}

),

flat as (

    select
        days.curve_date,
        {{ var('discount_rate_dec') }}::double as beta0_dec,
        0.0::double as beta1_dec,
        0.0::double as beta2_dec,
        0.0::double as beta3_dec,
        1.0::double as tau1_years,
        1.0::double as tau2_years
    from days
    where isfinite(days.curve_date)

),

chosen as (

    select * from published
    where '{{ var("discount_curve") }}' = 'fed'
    union all
    select * from flat
    where '{{ var("discount_curve") }}' = 'flat'

),

final as (

    select
        chosen.curve_date,
        chosen.beta0_dec,
        chosen.beta1_dec,
        chosen.beta2_dec,
        chosen.beta3_dec,
        chosen.tau1_years,
        chosen.tau2_years
    from chosen

)

select * from final
