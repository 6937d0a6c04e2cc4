-- The CDS-bond basis, bond by bond and month by month, under every method and measure.
-- Grain: one row per method, cusip, red_code, month_end_date and duplicate_number.
-- Sign: basis = CDS - bond; negative when the bond is cheap against its CDS.
-- Formulas, per measure: basis = CDS - FR; implied risk-free rate = Treasury yield - basis, with the matched
-- Treasury for yield_spread and z_surrogate and the curve at the bond's maturity for the others.
-- Tie-break of duplicate_number: line of the bond file.

{% set measures = [
    ['fr_yield_spread_dec', 'basis_yield_spread_dec',
        'implied_rf_yield_spread_dec', 'yield_spread_status'],
    ['fr_z_surrogate_dec', 'basis_z_surrogate_dec',
        'implied_rf_z_surrogate_dec', 'z_surrogate_status'],
    ['fr_z_spread_dec', 'basis_z_spread_dec', 'implied_rf_z_spread_dec', 'z_spread_status'],
    ['fr_z_spread_semi_annual_dec', 'basis_z_spread_semi_annual_dec',
        'implied_rf_z_spread_semi_annual_dec', 'z_spread_semi_annual_status'],
    ['fr_asset_swap_dec', 'basis_asset_swap_dec', 'implied_rf_asset_swap_dec', 'asset_swap_status'],
    ['fr_bond_implied_cds_r40_dec', 'basis_bond_implied_cds_r40_dec',
        'implied_rf_bond_implied_cds_r40_dec', 'bond_implied_cds_r40_status'],
    ['fr_bond_implied_cds_r20_dec', 'basis_bond_implied_cds_r20_dec',
        'implied_rf_bond_implied_cds_r20_dec', 'bond_implied_cds_r20_status'],
    ['fr_bond_implied_cds_dec', 'basis_bond_implied_cds_dec',
        'implied_rf_bond_implied_cds_dec', 'bond_implied_cds_status'],
    ['fr_z_spread_ois_dec', 'basis_z_spread_ois_dec',
        'implied_rf_z_spread_ois_dec', 'z_spread_ois_status'],
    ['fr_asset_swap_ois_dec', 'basis_asset_swap_ois_dec',
        'implied_rf_asset_swap_ois_dec', 'asset_swap_ois_status'],
    ['fr_bond_implied_cds_ois_dec', 'basis_bond_implied_cds_ois_dec',
        'implied_rf_bond_implied_cds_ois_dec', 'bond_implied_cds_ois_status'],
    ['fr_of_record_dec', 'basis_of_record_dec', 'implied_rf_of_record_dec', 'of_record_status'],
    ['fr_funding_adjusted_dec', 'basis_funding_adjusted_dec',
        'implied_rf_funding_adjusted_dec', 'funding_adjusted_status'],
] %}

with

stacked as (

    select
        'standard' as method,
        *
    from {{ ref('int_cds_bond__bases_computed') }}
    {{ stack_replicas('bond_bases') }}

),

delivered as (

    select * from {{ ref('stg_wrds__bond_months') }}

),

earlier_prices as (

    select
        cusip,
        observation_date,
        lag(min(price_pct_par)) over (partition by cusip order by observation_date) as price_pct_par
    from delivered
    group by cusip, observation_date

),

prices as (

    select
        delivered.source_row_number,
        date_diff('day', delivered.trade_date, delivered.observation_date) as price_age_days,
        coalesce(delivered.price_pct_par = earlier_prices.price_pct_par, false) as is_unchanged_quote
    from delivered
    left join earlier_prices
        on
            delivered.cusip = earlier_prices.cusip
            and delivered.observation_date = earlier_prices.observation_date

),

final as (

    select
        stacked.method,
        stacked.cusip,
        stacked.red_code,
        stacked.month_end_date,
        row_number() over key_in_file_order as duplicate_number,
        stacked.maturity_date,
        stacked.cds_quote_date,
        stacked.treasury_curve_date,
        stacked.isin,
        stacked.ticker,
        stacked.treasury_code,
        stacked.rating_group,
        stacked.cds_doc_clause,
        stacked.red_match_rule,
        stacked.passed_over_red_code,
        stacked.days_to_maturity,
        stacked.price_pct_par,
        prices.price_age_days,
        prices.is_unchanged_quote,
        -- A replica has one measure, whose bonds are its own.
        coalesce(stacked.common_sample, true) as common_sample,
        stacked.accrued_interest_pct_par,
        -- Replicas keep infinite and absurd yields and amounts, which no exact sum holds; publish null.
        if(abs(stacked.bond_yield_dec) < 1e12, stacked.bond_yield_dec, null) as bond_yield_dec,
        stacked.street_yield_dec,
        stacked.modified_duration_years,
        stacked.dv01_usd_per_bp_per_mm,
        stacked.treasury_yield_dec,
        stacked.treasury_maturity_gap_days,
        stacked.curve_treasury_yield_dec,
        stacked.treasury_curve_age_days,
        stacked.cds_par_spread_dec,
        coalesce(stacked.cds_interpolation, 'spline') as cds_interpolation,
        stacked.cds_spline_dec,
        stacked.cds_hazard_dec,
        stacked.recovery_share,
        stacked.recovery_source,
        stacked.discount_curve,
        stacked.ois_curve,
        stacked.ois_curve_date,
        stacked.cds_tenor_count::bigint as cds_tenor_count,
        stacked.cds_quote_age_days,
        {% for fr, basis, implied_rf, status in measures -%}
            {% set difference = 'stacked.cds_par_spread_dec - stacked.' ~ fr -%}
            {% set treasury = 'curve_treasury_yield_dec' if loop.index > 2 else 'treasury_yield_dec' -%}
            stacked.{{ fr }},
            {{ difference }} as {{ basis }},
            stacked.{{ treasury }} - ({{ difference }}) as {{ implied_rf }},
        {% endfor -%}
        stacked.fr_z_spread_ois_dec - stacked.fr_z_spread_dec as fr_ois_less_treasury_dec,
        stacked.fr_z_spread_dec - stacked.fr_z_spread_ois_dec as basis_ois_less_treasury_dec,
        stacked.fr_z_spread_ois_dec - stacked.fr_z_spread_dec as implied_rf_ois_less_treasury_dec,
        stacked.bid_ask_share * 10000 as bid_ask_bps_of_price,
        stacked.bid_ask_share / stacked.price_pct_par * 10000 as ftsfr_notebook_bid_ask_bps,
        stacked.bid_ask_status,
        if(abs(stacked.amount_outstanding_usd) < 1e15, stacked.amount_outstanding_usd, null)
            as amount_outstanding_usd,
        stacked.source_row_number,
        coalesce(stacked.street_yield_status, 'not_in_method') as street_yield_status,
        {% for fr, basis, implied_rf, status in measures -%}
            coalesce(stacked.{{ status }}, 'not_in_method') as {{ status }},
        {% endfor -%}
        coalesce(
            if(stacked.z_spread_ois_status = 'ok', stacked.z_spread_status, stacked.z_spread_ois_status),
            'not_in_method'
        ) as ois_less_treasury_status,
        stacked.record_measure,
        stacked.record_curve,
        stacked.record_reason,
        stacked.accrued_status,
        stacked.cds_spline_status,
        stacked.cds_hazard_status,
        stacked.unscreened
    from stacked
    inner join prices on stacked.source_row_number = prices.source_row_number
    where stacked.drop_reason is null
    window
        key_in_file_order as (
            partition by
                stacked.method,
                stacked.cusip,
                stacked.red_code,
                stacked.month_end_date
            order by stacked.source_row_number
        )

)

select * from final
