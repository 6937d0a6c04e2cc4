-- The bases of fct_bond_basis one below the other: to compare measures without naming each column.
-- Grain: one row per method, cusip, red_code, month_end_date, duplicate_number and measure.
-- Sign: basis = CDS - bond; negative when the bond is cheap against its CDS.
-- Drops: measures that are not part of a method.

with

bonds as (

    select * from {{ ref('fct_bond_basis') }}

),

final as (
    {% for measure in basis_measures() %}
        select
            bonds.method,
            bonds.cusip,
            bonds.red_code,
            bonds.month_end_date,
            bonds.duplicate_number,
            '{{ measure }}' as measure,
            bonds.rating_group,
            bonds.cds_par_spread_dec,
            bonds.bond_yield_dec,
            bonds.fr_{{ measure }}_dec as fr_dec,
            bonds.basis_{{ measure }}_dec as basis_dec,
            bonds.implied_rf_{{ measure }}_dec as implied_rf_dec,
            bonds.bid_ask_bps_of_price,
            bonds.bid_ask_seed_bps,
            bonds.amount_outstanding_usd,
            bonds.source_row_number,
            bonds.{{ measure }}_status as measure_status
        from bonds
        where bonds.{{ measure }}_status <> 'not_in_method'
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
