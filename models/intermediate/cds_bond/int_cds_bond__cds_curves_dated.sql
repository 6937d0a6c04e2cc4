-- The last CDS curve of each name and month, with the latest discount curve of its day.
-- Grain: one row per red_code and quote_date.
-- A discount curve older than max_curve_age_days is not used: the parameters are then null.

with

curves as (

    select * from {{ ref('int_cds_bond__cds_curves_cleaned') }}
    qualify
        row_number() over (partition by red_code, last_day(quote_date) order by quote_date desc) = 1

),

treasury_curves as (

    select * from {{ ref('int_rates__discount_curves_chosen') }}

),

dated as (

    select
        curves.*,
        latest.curve_date as latest_curve_date
    from curves
    asof left join treasury_curves as latest on curves.quote_date >= latest.curve_date

),

final as (

    select
        dated.red_code,
        dated.quote_date,
        dated.ticker,
        dated.doc_clause,
        dated.recovery_share,
        dated.recovery_source,
        {% for tenor in cds_tenor_codes() -%}
            dated.par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        treasury_curves.curve_date,
        treasury_curves.beta0_dec,
        treasury_curves.beta1_dec,
        treasury_curves.beta2_dec,
        treasury_curves.beta3_dec,
        treasury_curves.tau1_years,
        treasury_curves.tau2_years,
        treasury_curves.node_years,
        treasury_curves.zero_rates_dec
    from dated
    left join treasury_curves
        on {{ recent_curve_date('dated.latest_curve_date', 'dated.quote_date') }} = treasury_curves.curve_date

)

select * from final
