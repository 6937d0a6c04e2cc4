-- The Z-spread and the CDS of each bond-month that has a curve, under the filters of the Z-spread code.
-- Grain: one row per source_row_number.
-- Formula: basis = CDS - Z-spread.
-- Drops: nothing; drop_reason says why a row is left out of fct_bond_basis.

with

aligned as (

    select * from {{ ref('int_ftsfr_zspread__bonds_aligned') }}
    where alignment_status = 'ok'

),

priced as (

    select * from {{ ref('int_ftsfr_zspread__bonds_priced') }}

),

measured as (

    select
        aligned.source_row_number,
        aligned.red_code,
        aligned.cusip,
        aligned.month_end_date,
        aligned.maturity_date,
        aligned.quote_date as cds_quote_date,
        aligned.curve_date as treasury_curve_date,
        aligned.isin,
        aligned.ticker,
        aligned.rating_group,
        'isin' as red_match_rule,
        aligned.days_to_maturity,
        priced.maturity_days,
        aligned.price_pct_par,
        aligned.bond_yield_dec,
        date_diff('day', aligned.curve_date, aligned.month_end_date) as treasury_curve_age_days,
        priced.cds_par_spread_dec,
        aligned.tenor_count as cds_tenor_count,
        aligned.quote_age_days as cds_quote_age_days,
        priced.z_spread_dec as fr_z_spread_dec,
        priced.cds_par_spread_dec - priced.z_spread_dec as basis_z_spread_dec,
        aligned.bid_ask_share,
        aligned.amount_outstanding_usd,
        if(aligned.bid_ask_share is null, 'not_delivered', 'ok') as bid_ask_status,
        priced.z_spread_status,
        priced.curve_status,
        aligned.unscreened
    from aligned
    inner join priced on aligned.source_row_number = priced.source_row_number

),

final as (

    select
        measured.*,
        case
            when measured.curve_status <> 'ok' then measured.curve_status
            when measured.z_spread_status <> 'ok' then 'z_spread_' || measured.z_spread_status
            when abs(measured.fr_z_spread_dec) >= {{ var('ftsfr_zspread_max_z_spread_dec') }}
                then 'z_spread_too_large'
            when measured.rating_group = 'NR' then 'rating_unknown'
            when abs(measured.basis_z_spread_dec * 10000) > {{ var('ftsfr_zspread_max_basis_bps') }}
                then 'basis_too_large'
        end as drop_reason
    from measured

)

select * from final
