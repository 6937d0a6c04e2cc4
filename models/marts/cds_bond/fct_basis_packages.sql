-- The basis as a trade: buy the bond, buy protection on its issuer, finance the bond at repo with a haircut.
-- Grain: one row per cusip, red_code, month_end_date, cds_contract and hedge_rule.
-- Sign: per 100 of face of the bond; a positive amount is a gain of the package, entry cash is paid.
-- Formulas (field guide F22), P dirty price, R recovery, n hedge ratio, U clean upfront, K coupon of the CDS:
-- carry = 100 c - 100 n K - P ((1 - haircut) repo + haircut unsecured), a year;
-- default = 100 R + n (100 (1 - R) - U) - P; entry cash = P + n (U - accrued).
-- n: par 1; cs01_neutral DV01 of the bond / CS01 of the CDS; jump_to_default_neutral
-- (P - 100 R) / (100 (1 - R) - U), at which the default costs nothing. A par contract has K = S and U = 0.
-- Horizon: yield of the bond and spread of the CDS stay; the parts add up to horizon_pnl_pct_par.
{% set days = var('package_horizon_days') %}
{% set parts = [
    'coupon_pnl_pct_par', 'price_pnl_pct_par', 'repo_pnl_pct_par', 'haircut_pnl_pct_par',
    'upfront_financing_pnl_pct_par', 'premium_pnl_pct_par', 'cds_roll_pnl_pct_par', 'bid_ask_pnl_pct_par',
] %}

with

legs as (

    select
        bonds.cusip,
        bonds.red_code,
        bonds.month_end_date,
        bonds.ticker,
        bonds.rating_group,
        bonds.price_pct_par,
        bonds.accrued_interest_pct_par,
        bonds.cds_par_spread_dec,
        bonds.basis_of_record_dec,
        bonds.basis_funding_adjusted_dec,
        coalesce(bonds.bid_ask_bps_of_price, terms.bond_bid_ask_bps) as bond_bid_ask_bps,
        if(bonds.bid_ask_bps_of_price is null, 'package_terms', 'delivered') as bond_bid_ask_source,
        listed.coupon_dec,
        listed.recovery_share,
        priced.*,
        terms.cds_bid_ask_bps,
        terms.haircut_share,
        terms.cds_margin_share,
        priced.riskless_rate_dec + terms.repo_spread_bps / 10000 as repo_rate_dec,
        priced.riskless_rate_dec + terms.unsecured_spread_bps / 10000 as unsecured_rate_dec,
        contracts.cds_contract,
        rules.hedge_rule,
        if(cds_contract = 'par', bonds.cds_par_spread_dec, terms.cds_coupon_bps / 10000) as cds_coupon_dec
    from {{ ref('fct_bond_basis') }} as bonds
    inner join {{ ref('int_cds_bond__packages_listed') }} as listed
        on bonds.source_row_number = listed.source_row_number
    inner join {{ ref('int_cds_bond__packages_priced') }} as priced
        on bonds.source_row_number = priced.source_row_number
    inner join {{ ref('package_terms') }} as terms on bonds.rating_group = terms.rating_group
    cross join (values ('par'), ('standard')) as contracts (cds_contract)
    cross join (values ('par'), ('cs01_neutral'), ('jump_to_default_neutral')) as rules (hedge_rule)
    where bonds.method = 'standard'

),

swapped as (

    select
        *,
        cds_protection_pct_par - 100 * cds_coupon_dec * cds_rpv01_years as cds_upfront_pct_par,
        100 * cds_coupon_dec * cds_accrued_years as cds_accrued_pct_par,
        10000 * (
            wider_protection_pct_par - cds_protection_pct_par
            - 100 * cds_coupon_dec * (wider_rpv01_years - cds_rpv01_years)
        ) as cds_cs01_usd_per_bp_per_mm,
        horizon_protection_pct_par - cds_protection_pct_par
        - 100 * cds_coupon_dec * (horizon_rpv01_years - cds_rpv01_years) as cds_roll_pct_par
    from legs

),

ruled as (

    select
        *,
        case hedge_rule
            when 'par' then 1.0::double
            when 'cs01_neutral' then bond_dv01_usd_per_bp_per_mm / nullif(cds_cs01_usd_per_bp_per_mm, 0)
            else
                (dirty_price_pct_par - 100 * recovery_share)
                / nullif(100 * (1 - recovery_share) - cds_upfront_pct_par, 0)
        end as ratio
    from swapped

),

hedged as (

    select
        *,
        case
            when package_status <> 'ok' then package_status
            when coalesce(ratio, -1) < 0 then 'price_below_recovery'
            else 'ok'
        end as hedge_status,
        if(package_status = 'ok' and ratio >= 0, ratio, null) as hedge_ratio
    from ruled

),

costed as (

    select
        *,
        hedge_ratio * (cds_upfront_pct_par - cds_accrued_pct_par) as cds_cash_pct_par,
        price_pct_par * bond_bid_ask_bps / 20000
        + hedge_ratio * cds_bid_ask_bps * cds_rpv01_years / 200 as bid_ask_cost_pct_par
    from hedged

),

earned as (

    select
        *,
        coupons_paid_pct_par + horizon_accrued_pct_par - accrued_interest_pct_par as coupon_pnl_pct_par,
        horizon_price_pct_par - price_pct_par as price_pnl_pct_par,
        -dirty_price_pct_par * (1 - haircut_share) * repo_rate_dec * {{ days }} / 360.0::double
            as repo_pnl_pct_par,
        -dirty_price_pct_par * haircut_share * unsecured_rate_dec * {{ days }} / 360.0::double
            as haircut_pnl_pct_par,
        -cds_cash_pct_par * unsecured_rate_dec * {{ days }} / 360.0::double as upfront_financing_pnl_pct_par,
        -100 * hedge_ratio * cds_coupon_dec * {{ days }} / 360.0::double as premium_pnl_pct_par,
        hedge_ratio * cds_roll_pct_par as cds_roll_pnl_pct_par,
        -2 * bid_ask_cost_pct_par as bid_ask_pnl_pct_par,
        haircut_share * dirty_price_pct_par + 100 * hedge_ratio * cds_margin_share as margin_pct_par
    from costed

),

final as (

    select
        cusip,
        red_code,
        month_end_date,
        cds_contract,
        hedge_rule,
        ticker,
        rating_group,
        cds_maturity_date,
        price_pct_par,
        dirty_price_pct_par,
        coupon_dec,
        cds_par_spread_dec,
        cds_coupon_dec,
        cds_upfront_pct_par,
        cds_cs01_usd_per_bp_per_mm,
        bond_dv01_usd_per_bp_per_mm,
        recovery_share,
        bond_bid_ask_bps,
        bond_bid_ask_source,
        cds_bid_ask_bps,
        haircut_share,
        riskless_rate_dec,
        repo_rate_dec,
        unsecured_rate_dec,
        hedge_ratio,
        100 * coupon_dec - 100 * hedge_ratio * cds_coupon_dec
        - dirty_price_pct_par * ((1 - haircut_share) * repo_rate_dec + haircut_share * unsecured_rate_dec)
            as carry_pct_par,
        dirty_price_pct_par + cds_cash_pct_par as entry_cash_pct_par,
        bid_ask_cost_pct_par,
        100 * recovery_share + hedge_ratio * (100 * (1 - recovery_share) - cds_upfront_pct_par)
        - dirty_price_pct_par as default_pnl_pct_par,
        {% for part in parts -%}
            {{ part }},
        {% endfor -%}
        {{ parts | join(' + ') }} as horizon_pnl_pct_par,
        margin_pct_par,
        ({{ parts | join(' + ') }}) / nullif(dirty_price_pct_par + cds_cash_pct_par, 0) as horizon_return_dec,
        ({{ parts | join(' + ') }}) / nullif(margin_pct_par, 0) * 365 / {{ days }} as margin_return_dec,
        basis_of_record_dec,
        basis_funding_adjusted_dec,
        hedge_status as package_status
    from earned

)

select * from final
