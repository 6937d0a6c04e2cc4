-- The floating spreads of each bond-month that has a CDS curve, measure by measure.
-- Grain: one row per source_row_number.
-- Formulas: FR of yield_spread = bond yield - Treasury yield, of z_surrogate = street yield - Treasury yield;
-- the other measures come from the price and the discount curve.
-- Drops: nothing; drop_reason says why a row is left out of fct_bond_basis.

with

aligned as (

    select * from {{ ref('int_cds_bond__bonds_aligned_to_curves') }}
    where alignment_status = 'ok'

),

spreads as (

    select * from {{ ref('int_cds_bond__cds_spreads_interpolated') }}

),

bonds as (

    select * from {{ ref('int_cds_bond__bonds_screened') }}
    where reject_reason is null

),

matched as (

    select * from {{ ref('int_cds_bond__bonds_matched_to_treasuries') }}

),

treasury_quotes as (

    select
        source_row_number,
        issue_row_number,
        treasury_code,
        bond_equivalent_yield_dec
    from {{ ref('int_cds_bond__treasuries_merged') }}

),

treasuries as (

    select
        matched.source_row_number,
        treasury_quotes.treasury_code,
        treasury_quotes.bond_equivalent_yield_dec as treasury_yield_dec,
        matched.treasury_maturity_gap_days,
        matched.treasury_status
    from matched
    left join treasury_quotes
        on
            matched.treasury_row_number = treasury_quotes.source_row_number
            and matched.treasury_issue_row_number = treasury_quotes.issue_row_number

),

zero_curves as (

    select * from {{ ref('int_cds_bond__bonds_joined_to_zero_curves') }}

),

priced as (

    select * from {{ ref('int_cds_bond__bonds_priced') }}

),

final as (

    select
        aligned.source_row_number,
        aligned.red_code,
        bonds.cusip,
        bonds.month_end_date,
        bonds.maturity_date,
        aligned.quote_date as cds_quote_date,
        zero_curves.curve_date as treasury_curve_date,
        bonds.isin,
        bonds.ticker,
        treasuries.treasury_code,
        bonds.rating_group,
        aligned.doc_clause as cds_doc_clause,
        aligned.red_match_rule,
        aligned.passed_over_red_code,
        bonds.days_to_maturity,
        bonds.price_pct_par,
        priced.accrued_interest_pct_par,
        bonds.bond_yield_dec,
        priced.street_yield_bond_equivalent_dec as street_yield_dec,
        priced.modified_duration_years,
        priced.dv01_usd_per_bp_per_mm,
        treasuries.treasury_yield_dec,
        treasuries.treasury_maturity_gap_days,
        priced.curve_treasury_yield_dec,
        zero_curves.curve_age_days as treasury_curve_age_days,
        spreads.cds_par_spread_dec,
        aligned.tenor_count as cds_tenor_count,
        aligned.quote_age_days as cds_quote_age_days,
        bonds.bond_yield_dec - treasuries.treasury_yield_dec as fr_yield_spread_dec,
        priced.street_yield_bond_equivalent_dec - treasuries.treasury_yield_dec as fr_z_surrogate_dec,
        priced.z_spread_continuous_dec as fr_z_spread_dec,
        priced.z_spread_semi_annual_dec as fr_z_spread_semi_annual_dec,
        priced.asset_swap_dec as fr_asset_swap_dec,
        priced.bond_implied_cds_r40_dec as fr_bond_implied_cds_r40_dec,
        priced.bond_implied_cds_r20_dec as fr_bond_implied_cds_r20_dec,
        bonds.bid_ask_share,
        bonds.amount_outstanding_usd,
        bonds.bid_ask_status,
        priced.street_yield_status,
        treasuries.treasury_status as yield_spread_status,
        if(priced.street_yield_status = 'ok', treasuries.treasury_status, priced.street_yield_status)
            as z_surrogate_status,
        priced.z_spread_continuous_status as z_spread_status,
        priced.z_spread_semi_annual_status,
        priced.asset_swap_status,
        priced.bond_implied_cds_r40_status,
        priced.bond_implied_cds_r20_status,
        spreads.curve_status,
        bonds.unscreened,
        nullif(spreads.curve_status, 'ok') as drop_reason
    from aligned
    inner join spreads on aligned.source_row_number = spreads.source_row_number
    inner join bonds on aligned.source_row_number = bonds.source_row_number
    inner join treasuries on aligned.source_row_number = treasuries.source_row_number
    inner join zero_curves on aligned.source_row_number = zero_curves.source_row_number
    inner join priced on aligned.source_row_number = priced.source_row_number

)

select * from final
