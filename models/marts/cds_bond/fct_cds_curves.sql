-- Hazard curves at month ends, by name and tenor: the default risk in the quoted par spreads.
-- Grain: one row per red_code, quote_date and tenor_years.
-- Sign: upfronts are what the protection buyer pays, risks what the buyer gains.
-- A curve that cannot be bootstrapped keeps its quotes; curve_status says why, for example arbitrage.

with

dated as (

    select * from {{ ref('int_cds_bond__cds_curves_dated') }}

),

bootstrapped as (

    select * from {{ ref('int_cds_bond__cds_curves_bootstrapped') }}

),

final as (

    select
        bootstrapped.red_code,
        bootstrapped.quote_date,
        bootstrapped.tenor_years,
        bootstrapped.maturity_date,
        dated.curve_date as treasury_curve_date,
        dated.ticker,
        dated.doc_clause,
        bootstrapped.par_spread_dec,
        bootstrapped.hazard_dec,
        bootstrapped.survival_share,
        bootstrapped.rpv01_years,
        bootstrapped.upfront_at_100_bps_pct_par,
        bootstrapped.upfront_at_500_bps_pct_par,
        bootstrapped.quoted_spread_bps,
        bootstrapped.cs01_usd_per_bp_per_mm,
        bootstrapped.ir01_usd_per_bp_per_mm,
        bootstrapped.rec01_usd_per_mm,
        bootstrapped.jump_to_default_usd_per_mm,
        bootstrapped.curve_status,
        bootstrapped.risk_status
    from bootstrapped
    inner join dated
        on bootstrapped.red_code = dated.red_code and bootstrapped.quote_date = dated.quote_date

)

select * from final
