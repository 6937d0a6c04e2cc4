-- The bases of fct_bond_basis one below the other: to compare measures without naming each column.
-- Grain: one row per method, cusip, red_code, month_end_date, duplicate_number and measure.
-- Sign: basis = CDS - bond; negative when the bond is cheap against its CDS.
-- Drops: measures that are not part of a method.

with

measured as (

    select
        bonds.*,
        unnest([
            {
                measure: 'yield_spread',
                fr_dec: bonds.fr_yield_spread_dec,
                basis_dec: bonds.basis_yield_spread_dec,
                implied_rf_dec: bonds.implied_rf_yield_spread_dec,
                measure_status: bonds.yield_spread_status
            },
            {
                measure: 'z_surrogate',
                fr_dec: bonds.fr_z_surrogate_dec,
                basis_dec: bonds.basis_z_surrogate_dec,
                implied_rf_dec: bonds.implied_rf_z_surrogate_dec,
                measure_status: bonds.z_surrogate_status
            },
            {
                measure: 'z_spread',
                fr_dec: bonds.fr_z_spread_dec,
                basis_dec: bonds.basis_z_spread_dec,
                implied_rf_dec: bonds.implied_rf_z_spread_dec,
                measure_status: bonds.z_spread_status
            },
            {
                measure: 'z_spread_semi_annual',
                fr_dec: bonds.fr_z_spread_semi_annual_dec,
                basis_dec: bonds.basis_z_spread_semi_annual_dec,
                implied_rf_dec: bonds.implied_rf_z_spread_semi_annual_dec,
                measure_status: bonds.z_spread_semi_annual_status
            },
            {
                measure: 'asset_swap',
                fr_dec: bonds.fr_asset_swap_dec,
                basis_dec: bonds.basis_asset_swap_dec,
                implied_rf_dec: bonds.implied_rf_asset_swap_dec,
                measure_status: bonds.asset_swap_status
            },
            {
                measure: 'bond_implied_cds_r40',
                fr_dec: bonds.fr_bond_implied_cds_r40_dec,
                basis_dec: bonds.basis_bond_implied_cds_r40_dec,
                implied_rf_dec: bonds.implied_rf_bond_implied_cds_r40_dec,
                measure_status: bonds.bond_implied_cds_r40_status
            },
            {
                measure: 'bond_implied_cds_r20',
                fr_dec: bonds.fr_bond_implied_cds_r20_dec,
                basis_dec: bonds.basis_bond_implied_cds_r20_dec,
                implied_rf_dec: bonds.implied_rf_bond_implied_cds_r20_dec,
                measure_status: bonds.bond_implied_cds_r20_status
            }
        ]) as of_measure
    from {{ ref('fct_bond_basis') }} as bonds

),

final as (

    select
        measured.method,
        measured.cusip,
        measured.red_code,
        measured.month_end_date,
        measured.duplicate_number,
        measured.of_measure.measure,
        measured.rating_group,
        measured.cds_par_spread_dec,
        measured.bond_yield_dec,
        measured.of_measure.fr_dec,
        measured.of_measure.basis_dec,
        measured.of_measure.implied_rf_dec,
        measured.bid_ask_bps_of_price,
        measured.ftsfr_notebook_bid_ask_bps,
        measured.amount_outstanding_usd,
        measured.source_row_number,
        measured.of_measure.measure_status
    from measured
    where measured.of_measure.measure_status <> 'not_in_method'

)

select * from final
