-- What pricing a standard bond-month needs: its terms, its price and the latest discount curve of its date.
-- Grain: one row per source_row_number.
-- A curve older than max_curve_age_days is not used: the parameters are then null.

with

bonds as (

    select * from {{ ref('int_cds_bond__bonds_screened') }}
    where reject_reason is null

),

curves as (

    select * from {{ ref('int_rates__discount_curves_chosen') }}

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
        recent.curve_date,
        date_diff('day', recent.curve_date, bonds.observation_date) as curve_age_days,
        recent.beta0_dec,
        recent.beta1_dec,
        recent.beta2_dec,
        recent.beta3_dec,
        recent.tau1_years,
        recent.tau2_years
    from bonds
    asof left join curves as latest on bonds.observation_date >= latest.curve_date
    left join curves as recent
        on
            latest.curve_date = recent.curve_date
            and date_diff('day', latest.curve_date, bonds.observation_date)
            <= {{ var('max_curve_age_days') }}

)

select * from final
