-- What pricing a standard bond-month needs: terms, price, recovery and the latest discount curves.
-- Grain: one row per source_row_number.
-- A curve older than max_curve_age_days is not used: the parameters are then null.
-- Recovery: that of the bond's CDS curve; without one that of senior debt.

{% set recent_ois_date = recent_curve_date('ois.curve_date', 'bonds.observation_date') %}

with

bonds as (

    select * from {{ ref('int_cds_bond__bonds_screened') }}
    where reject_reason is null

),

curves as (

    select * from {{ ref('int_rates__discount_curves_chosen') }}

),

ois_curves as (

    select * from {{ ref('int_rates__ois_curves_ranked') }}
    where preference_number = 1

),

recoveries as (

    select
        source_row_number,
        recovery_share
    from {{ ref('int_cds_bond__bonds_aligned_to_curves') }}

),

final as (

    select
        bonds.source_row_number,
        bonds.observation_date,
        bonds.maturity_date,
        bonds.coupon_dec,
        bonds.coupons_per_year_count,
        bonds.day_count_basis,
        bonds.price_pct_par,
        bonds.dated_date,
        bonds.first_coupon_date,
        bonds.odd_last_coupon_date,
        coalesce(recoveries.recovery_share, {{ var('cds_recovery_share') }}) as recovery_share,
        recent.curve_name,
        recent.curve_date,
        date_diff('day', recent.curve_date, bonds.observation_date) as curve_age_days,
        recent.beta0_dec,
        recent.beta1_dec,
        recent.beta2_dec,
        recent.beta3_dec,
        recent.tau1_years,
        recent.tau2_years,
        -- Of whatever age: from the first one on, a bond without it lacks a measure.
        ois.curve_date is not null as has_ois,
        recent.node_years,
        recent.zero_rates_dec,
        if({{ recent_ois_date }} is not null, ois.curve_name, null) as ois_curve,
        {{ recent_ois_date }} as ois_curve_date,
        if({{ recent_ois_date }} is not null, ois.node_years, null) as ois_node_years,
        if({{ recent_ois_date }} is not null, ois.zero_rates_dec, null) as ois_zero_rates_dec
    from bonds
    left join recoveries on bonds.source_row_number = recoveries.source_row_number
    asof left join ois_curves as ois on bonds.observation_date >= ois.curve_date
    asof left join curves as latest on bonds.observation_date >= latest.curve_date
    left join curves as recent
        on {{ recent_curve_date('latest.curve_date', 'bonds.observation_date') }} = recent.curve_date

)

select * from final
