-- The CDS-bond basis, bond by bond and month by month, under every method and measure.
-- Grain: one row per method, cusip, red_code, month_end_date and duplicate_number.
-- Sign: basis = CDS - bond; negative when the bond is cheap against its CDS.
-- Formulas, per measure: basis = CDS - FR; implied risk-free rate = Treasury yield - basis, with the matched
-- Treasury for yield_spread and z_surrogate and the curve at the bond's maturity for the others.
-- Tie-break of duplicate_number: line of the bond file.

with

bases as (

    select * from {{ ref('int_cds_bond__bases_computed') }}
    where drop_reason is null

),

bonds as (

    select * from {{ ref('int_cds_bond__bonds_screened') }}

),

treasuries as (

    select * from {{ ref('int_cds_bond__bonds_matched_to_treasuries') }}

),

terms as (

    select
        'standard' as method,
        source_row_number,
        curve_date,
        curve_age_days
    from {{ ref('int_cds_bond__bonds_joined_to_zero_curves') }}

),

prices as (

    select
        'standard' as method,
        priced.*
    from {{ ref('int_cds_bond__bonds_priced') }} as priced

),

zspread_bases as (

    select * from {{ ref('int_cds_bond__zspread_bases_computed') }}
    where drop_reason is null

),

measured as (

    select
        bases.method,
        bases.cusip,
        bases.red_code,
        bases.month_end_date,
        bonds.maturity_date,
        bases.quote_date as cds_quote_date,
        terms.curve_date as treasury_curve_date,
        bonds.isin,
        bonds.ticker,
        treasuries.treasury_code,
        bonds.rating_group,
        bases.doc_clause as cds_doc_clause,
        bases.red_match_rule,
        bonds.days_to_maturity,
        bonds.price_pct_par,
        prices.accrued_interest_pct_par,
        bonds.bond_yield_dec,
        prices.street_yield_bond_equivalent_dec as street_yield_dec,
        prices.modified_duration_years,
        prices.dv01_usd_per_bp_per_mm,
        treasuries.treasury_yield_dec,
        treasuries.treasury_maturity_gap_days,
        prices.curve_treasury_yield_dec,
        terms.curve_age_days as treasury_curve_age_days,
        bases.cds_par_spread_dec,
        bases.tenor_count as cds_tenor_count,
        bases.quote_age_days as cds_quote_age_days,
        bonds.bid_ask_share,
        bonds.bid_ask_status,
        bonds.amount_outstanding_usd,
        bases.source_row_number,
        bonds.unscreened,
        coalesce(prices.street_yield_status, 'not_in_method') as street_yield_status,
        bases.fr_dec as fr_yield_spread_dec,
        treasuries.treasury_status as yield_spread_status,
        prices.street_yield_bond_equivalent_dec - treasuries.treasury_yield_dec as fr_z_surrogate_dec,
        case
            when bases.method = 'compat' then 'not_in_method'
            when prices.street_yield_status <> 'ok' then prices.street_yield_status
            else treasuries.treasury_status
        end as z_surrogate_status,
        prices.z_spread_continuous_dec as fr_z_spread_dec,
        coalesce(prices.z_spread_continuous_status, 'not_in_method') as z_spread_status,
        prices.z_spread_semi_annual_dec as fr_z_spread_semi_annual_dec,
        coalesce(prices.z_spread_semi_annual_status, 'not_in_method') as z_spread_semi_annual_status,
        prices.asset_swap_dec as fr_asset_swap_dec,
        coalesce(prices.asset_swap_status, 'not_in_method') as asset_swap_status,
        prices.bond_implied_cds_r40_dec as fr_bond_implied_cds_r40_dec,
        coalesce(prices.bond_implied_cds_r40_status, 'not_in_method') as bond_implied_cds_r40_status,
        prices.bond_implied_cds_r20_dec as fr_bond_implied_cds_r20_dec,
        coalesce(prices.bond_implied_cds_r20_status, 'not_in_method') as bond_implied_cds_r20_status
    from bases
    inner join bonds
        on bases.method = bonds.method and bases.source_row_number = bonds.source_row_number
    inner join treasuries
        on
            bases.method = treasuries.method
            and bases.source_row_number = treasuries.source_row_number
    left join terms
        on bases.method = terms.method and bases.source_row_number = terms.source_row_number
    left join prices
        on bases.method = prices.method and bases.source_row_number = prices.source_row_number
    union all by name
    select
        'compat_zspread' as method,
        zspread_bases.cusip,
        zspread_bases.red_code,
        zspread_bases.month_end_date,
        zspread_bases.maturity_date,
        zspread_bases.quote_date as cds_quote_date,
        zspread_bases.curve_date as treasury_curve_date,
        zspread_bases.isin,
        zspread_bases.ticker,
        zspread_bases.rating_group,
        'isin' as red_match_rule,
        zspread_bases.days_to_maturity,
        zspread_bases.price_pct_par,
        zspread_bases.bond_yield_dec,
        date_diff('day', zspread_bases.curve_date, zspread_bases.month_end_date)
            as treasury_curve_age_days,
        zspread_bases.cds_par_spread_dec,
        zspread_bases.tenor_count as cds_tenor_count,
        zspread_bases.quote_age_days as cds_quote_age_days,
        zspread_bases.bid_ask_share,
        if(zspread_bases.bid_ask_share is null, 'not_delivered', 'ok') as bid_ask_status,
        zspread_bases.amount_outstanding_usd,
        zspread_bases.source_row_number,
        zspread_bases.unscreened,
        'not_in_method' as street_yield_status,
        zspread_bases.z_spread_dec as fr_z_spread_dec,
        {% for measure in basis_measures() if measure != 'z_spread' -%}
            'not_in_method' as {{ measure }}_status,
        {% endfor -%}
        zspread_bases.z_spread_status
    from zspread_bases

),

final as (

    select
        measured.method,
        measured.cusip,
        measured.red_code,
        measured.month_end_date,
        row_number() over key_in_file_order as duplicate_number,
        measured.maturity_date,
        measured.cds_quote_date,
        measured.treasury_curve_date,
        measured.isin,
        measured.ticker,
        measured.treasury_code,
        measured.rating_group,
        measured.cds_doc_clause,
        measured.red_match_rule,
        measured.days_to_maturity,
        measured.price_pct_par,
        measured.accrued_interest_pct_par,
        -- The replaced codes let the infinite pass; it costs no row here, nor becomes a figure.
        if(isfinite(measured.bond_yield_dec), measured.bond_yield_dec, null) as bond_yield_dec,
        measured.street_yield_dec,
        measured.modified_duration_years,
        measured.dv01_usd_per_bp_per_mm,
        measured.treasury_yield_dec,
        measured.treasury_maturity_gap_days,
        measured.curve_treasury_yield_dec,
        measured.treasury_curve_age_days,
        measured.cds_par_spread_dec,
        measured.cds_tenor_count,
        measured.cds_quote_age_days,
        {% for measure in basis_measures() -%}
            measured.fr_{{ measure }}_dec,
            measured.cds_par_spread_dec - measured.fr_{{ measure }}_dec as basis_{{ measure }}_dec,
            measured.{{ measure_treasury_column(measure) }}
            - (measured.cds_par_spread_dec - measured.fr_{{ measure }}_dec)
                as implied_rf_{{ measure }}_dec,
        {% endfor -%}
        measured.bid_ask_share * 10000 as bid_ask_bps_of_price,
        measured.bid_ask_share / measured.price_pct_par * 10000 as bid_ask_seed_bps,
        measured.bid_ask_status,
        if(isfinite(measured.amount_outstanding_usd), measured.amount_outstanding_usd, null)
            as amount_outstanding_usd,
        measured.source_row_number,
        measured.street_yield_status,
        {% for measure in basis_measures() -%}
            measured.{{ measure }}_status,
        {% endfor -%}
        measured.unscreened
    from measured
    window
        key_in_file_order as (
            partition by
                measured.method,
                measured.cusip,
                measured.red_code,
                measured.month_end_date
            order by measured.source_row_number
        )

)

select * from final
