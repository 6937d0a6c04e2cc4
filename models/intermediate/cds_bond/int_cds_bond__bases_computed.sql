-- The basis of each bond-month with a CDS spread.
-- Grain: one row per method, source_row_number and red_code.
-- Formulas: FR = bond yield - Treasury yield; basis = CDS - FR, negative when the bond is cheap; implied
-- risk-free
-- rate = Treasury yield - basis, which for this measure is bond yield - CDS.
-- Tie-break compat: of rows that agree in every output column the first bond line, then the first RED line
-- is kept.
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

treasuries as (

    select * from {{ ref('int_cds_bond__bonds_matched_to_treasuries') }}

),

mapped as (

    select * from {{ ref('int_cds_bond__bonds_mapped_to_red') }}

),

joined as (

    select
        aligned.method,
        aligned.source_row_number,
        aligned.red_code,
        mapped.red_first_row_number,
        mapped.red_match_rule,
        aligned.quote_date,
        aligned.quote_age_days,
        aligned.doc_clause,
        aligned.tenor_count,
        bonds.cusip,
        bonds.month_end_date,
        bonds.maturity_date,
        bonds.rating_group,
        bonds.bond_yield_dec,
        bonds.price_pct_par,
        bonds.bid_ask_share,
        bonds.amount_outstanding_usd,
        treasuries.treasury_yield_dec,
        treasuries.treasury_status,
        spreads.cds_par_spread_dec,
        spreads.curve_status,
        bonds.bond_yield_dec - treasuries.treasury_yield_dec as fr_dec
    from aligned
    inner join spreads
        on
            aligned.method = spreads.method
            and aligned.source_row_number = spreads.source_row_number
            and aligned.red_code = spreads.red_code
    inner join bonds
        on
            aligned.method = bonds.method
            and aligned.source_row_number = bonds.source_row_number
    inner join treasuries
        on
            aligned.method = treasuries.method
            and aligned.source_row_number = treasuries.source_row_number
    inner join mapped
        on
            aligned.method = mapped.method
            and aligned.source_row_number = mapped.source_row_number
            and aligned.red_code = mapped.red_code

),

measured as (

    select
        joined.*,
        joined.cds_par_spread_dec - joined.fr_dec as basis_dec,
        joined.treasury_yield_dec - (joined.cds_par_spread_dec - joined.fr_dec) as implied_rf_dec,
        row_number() over same_output as copy_number
    from joined
    window
        same_output as (
            partition by
                joined.method,
                joined.cusip,
                joined.month_end_date,
                joined.maturity_date,
                joined.bond_yield_dec,
                joined.rating_group,
                joined.treasury_yield_dec,
                joined.cds_par_spread_dec,
                joined.bid_ask_share,
                joined.price_pct_par,
                joined.amount_outstanding_usd
            order by joined.source_row_number, joined.red_first_row_number
        )

),

final as (

    select
        measured.* exclude (measured.copy_number),
        case
            when measured.curve_status <> 'ok' then measured.curve_status
            when measured.method = 'compat' and measured.copy_number > 1 then 'exact_duplicate_row'
            when measured.method = 'compat' and not measured.implied_rf_dec < 1
                then 'implied_rf_100_pct_or_more'
        end as drop_reason
    from measured

)

select * from final
