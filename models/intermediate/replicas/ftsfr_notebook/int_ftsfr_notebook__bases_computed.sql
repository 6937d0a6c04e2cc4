-- The floating spread and the CDS of each bond-month that has a curve, under the notebook's filters.
-- Grain: one row per source_row_number and red_code.
-- Formulas: FR = bond yield - Treasury yield; implied risk-free rate = Treasury yield - (CDS - FR).
-- Tie-break: of rows that agree in every output column the first bond line, then the first RED line is kept.
-- Drops: nothing; drop_reason says why a row is left out of fct_bond_basis.

with

aligned as (

    select * from {{ ref('int_ftsfr_notebook__bonds_aligned_to_curves') }}
    where alignment_status = 'ok'

),

spreads as (

    select * from {{ ref('int_ftsfr_notebook__cds_spreads_interpolated') }}

),

bonds as (

    select * from {{ ref('int_ftsfr_notebook__bonds_screened') }}
    where reject_reason is null

),

matched as (

    select * from {{ ref('int_ftsfr_notebook__bonds_matched_to_treasuries') }}

),

treasury_quotes as (

    select
        source_row_number,
        issue_row_number,
        treasury_code,
        annual_yield_dec
    from {{ ref('int_ftsfr_notebook__treasuries_merged') }}

),

treasuries as (

    select
        matched.source_row_number,
        treasury_quotes.treasury_code,
        treasury_quotes.annual_yield_dec as treasury_yield_dec,
        matched.treasury_maturity_gap_days,
        matched.treasury_status
    from matched
    left join treasury_quotes
        on
            matched.treasury_row_number = treasury_quotes.source_row_number
            and matched.treasury_issue_row_number = treasury_quotes.issue_row_number

),

joined as (

    select
        aligned.source_row_number,
        aligned.red_code,
        aligned.red_first_row_number,
        bonds.cusip,
        bonds.month_end_date,
        bonds.maturity_date,
        aligned.quote_date as cds_quote_date,
        bonds.isin,
        bonds.ticker,
        treasuries.treasury_code,
        bonds.rating_group,
        'issuer_cusip_6' as red_match_rule,
        bonds.days_to_maturity,
        bonds.price_pct_par,
        bonds.bond_yield_dec,
        treasuries.treasury_yield_dec,
        treasuries.treasury_maturity_gap_days,
        spreads.cds_par_spread_dec,
        aligned.tenor_count as cds_tenor_count,
        0 as cds_quote_age_days,
        bonds.bond_yield_dec - treasuries.treasury_yield_dec as fr_yield_spread_dec,
        bonds.bid_ask_share,
        bonds.amount_outstanding_usd,
        bonds.bid_ask_status,
        treasuries.treasury_status as yield_spread_status,
        spreads.curve_status,
        bonds.unscreened
    from aligned
    inner join spreads
        on
            aligned.source_row_number = spreads.source_row_number
            and aligned.red_code = spreads.red_code
    inner join bonds on aligned.source_row_number = bonds.source_row_number
    inner join treasuries on aligned.source_row_number = treasuries.source_row_number

),

measured as (

    select
        joined.*,
        joined.treasury_yield_dec - (joined.cds_par_spread_dec - joined.fr_yield_spread_dec)
            as implied_rf_dec,
        row_number() over same_output as copy_number
    from joined
    window
        same_output as (
            partition by
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
        measured.* exclude (measured.red_first_row_number, measured.implied_rf_dec, measured.copy_number),
        case
            when measured.curve_status <> 'ok' then measured.curve_status
            when measured.copy_number > 1 then 'exact_duplicate_row'
            when not measured.implied_rf_dec < 1 then 'implied_rf_100_pct_or_more'
        end as drop_reason
    from measured

)

select * from final
