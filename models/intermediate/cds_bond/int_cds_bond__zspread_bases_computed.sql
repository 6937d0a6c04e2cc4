-- The basis of each bond-month under the compat_zspread method.
-- Grain: one row per source_row_number.
-- Formula: basis = CDS - Z-spread.
-- Drops: nothing; drop_reason says why a row is left out of fct_bond_basis.

with

aligned as (

    select * from {{ ref('int_cds_bond__zspread_bonds_aligned') }}
    where alignment_status = 'ok'

),

priced as (

    select * from {{ ref('int_cds_bond__zspread_bonds_priced') }}

),

measured as (

    select
        aligned.source_row_number,
        aligned.red_code,
        aligned.cusip,
        aligned.isin,
        aligned.ticker,
        aligned.month_end_date,
        aligned.maturity_date,
        aligned.days_to_maturity,
        aligned.quote_date,
        aligned.quote_age_days,
        aligned.curve_date,
        aligned.tenor_count,
        aligned.rating_group,
        aligned.price_pct_par,
        aligned.bond_yield_dec,
        aligned.bid_ask_share,
        aligned.amount_outstanding_usd,
        aligned.unscreened,
        priced.maturity_days,
        priced.cds_par_spread_dec,
        priced.curve_status,
        priced.z_spread_dec,
        priced.z_spread_status,
        priced.cds_par_spread_dec - priced.z_spread_dec as basis_dec
    from aligned
    inner join priced on aligned.source_row_number = priced.source_row_number

),

final as (

    select
        measured.*,
        case
            when measured.curve_status <> 'ok' then measured.curve_status
            when measured.z_spread_status <> 'ok' then 'z_spread_' || measured.z_spread_status
            when abs(measured.z_spread_dec) >= {{ var('compat_zspread_max_z_spread_dec') }}
                then 'z_spread_too_large'
            when measured.rating_group = 'NR' then 'rating_unknown'
            when abs(measured.basis_dec * 10000) > {{ var('compat_zspread_max_basis_bps') }}
                then 'basis_too_large'
        end as drop_reason
    from measured

)

select * from final
