-- The bases of fct_bond_basis one below the other: to compare measures without naming each column.
-- Grain: one row per method, cusip, red_code, month_end_date, duplicate_number and measure.
-- Sign: basis = CDS - bond; negative when the bond is cheap against its CDS.
-- Drops: measures that are not part of a method.

{% set codes = [
    'yield_spread', 'z_surrogate', 'z_spread', 'z_spread_semi_annual', 'asset_swap', 'bond_implied_cds_r40',
    'bond_implied_cds_r20', 'bond_implied_cds', 'z_spread_ois', 'asset_swap_ois', 'bond_implied_cds_ois',
    'of_record', 'funding_adjusted', 'ois_less_treasury',
] %}

with

measured as (

    select
        bonds.*,
        unnest([
            {% for code in codes -%}
                {
                    measure: '{{ 'basis_of_record' if code == 'of_record' else code }}',
                    discount_curve: {{
                        "'matched_treasury'" if code in ('yield_spread', 'z_surrogate')
                        else 'bonds.record_curve' if code in ('of_record', 'funding_adjusted')
                        else 'bonds.ois_curve' if 'ois' in code
                        else 'bonds.discount_curve'
                    }},
                    fr_dec: bonds.fr_{{ code }}_dec,
                    basis_dec: bonds.basis_{{ code }}_dec,
                    implied_rf_dec: bonds.implied_rf_{{ code }}_dec,
                    measure_status: bonds.{{ code }}_status
                }{{ ',' if not loop.last }}
            {% endfor -%}
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
        measured.of_measure.discount_curve,
        measured.rating_group,
        measured.price_age_days,
        measured.common_sample,
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
