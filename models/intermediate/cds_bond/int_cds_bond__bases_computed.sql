-- The floating spreads of each bond-month that has a CDS curve, measure by measure.
-- Grain: one row per source_row_number.
-- Formulas: FR of yield_spread = bond yield - Treasury yield, of z_surrogate = street yield - Treasury yield;
-- the others come from price and curve. FR of record = bond-implied CDS below the price bar, else the
-- continuous Z-spread z as a CDS pays it, 4 (exp(z / 4) - 1) 360 / 365, over the delivered curve if any.
-- Below survival_only_below_pct_par a measure that does not know default has a status instead.
-- Drops: nothing; drop_reason says why a row is left out of fct_bond_basis.

{% set riskless = ['yield_spread', 'z_surrogate', 'z_spread', 'z_spread_semi_annual', 'asset_swap',
    'z_spread_ois', 'asset_swap_ois'] %}
{% set cds = 'bond_implied_cds' %}{% set survival = [cds ~ '_r40', cds ~ '_r20', cds, cds ~ '_ois'] %}
{% set priced_columns = [
    'fr_z_spread_semi_annual_dec', 'fr_asset_swap_dec', 'fr_asset_swap_ois_dec', 'fr_bond_implied_cds_r40_dec',
    'fr_bond_implied_cds_r20_dec', 'fr_bond_implied_cds_dec', 'fr_bond_implied_cds_ois_dec'] %}
{% set record = {'bond_implied_cds': 'measured.is_below_bar and measured.ois_curve is null',
    'bond_implied_cds_ois': 'measured.is_below_bar',
    'z_spread': 'measured.ois_curve is null', 'z_spread_ois': 'true'} %}
{% set bars = [var('record_price_bar_pct_par'), var('survival_only_below_pct_par')] %}

with

measured as (

    select
        aligned.source_row_number,
        aligned.red_code,
        bonds.cusip,
        bonds.month_end_date,
        bonds.maturity_date,
        aligned.quote_date as cds_quote_date,
        zero_curves.curve_date as treasury_curve_date,
        bonds.isin,
        bonds.ticker,
        treasury_quotes.treasury_code,
        bonds.rating_group,
        aligned.doc_clause as cds_doc_clause,
        aligned.red_match_rule,
        aligned.passed_over_red_code,
        bonds.days_to_maturity,
        bonds.price_pct_par,
        priced.accrued_interest_pct_par,
        case
            when bonds.accrued_interest_pct_par is null then 'not_delivered'
            when priced.accrued_interest_pct_par is null then 'not_computed'
            when
                abs(priced.accrued_interest_pct_par - bonds.accrued_interest_pct_par)
                > {{ var('max_accrued_difference_pct_par') }}
                then 'contradicts_delivered'
            else 'ok'
        end as accrued_status,
        bonds.bond_yield_dec,
        priced.street_yield_bond_equivalent_dec as street_yield_dec,
        priced.modified_duration_years,
        priced.dv01_usd_per_bp_per_mm,
        treasury_quotes.bond_equivalent_yield_dec as treasury_yield_dec,
        matched.treasury_maturity_gap_days,
        priced.curve_treasury_yield_dec,
        zero_curves.curve_age_days as treasury_curve_age_days,
        zero_curves.curve_name as discount_curve,
        zero_curves.ois_curve,
        zero_curves.ois_curve_date,
        aligned.recovery_share,
        aligned.recovery_source,
        spreads.cds_par_spread_dec,
        spreads.cds_interpolation,
        spreads.cds_spline_dec,
        spreads.cds_hazard_dec,
        aligned.tenor_count as cds_tenor_count,
        aligned.quote_age_days as cds_quote_age_days,
        bonds.bond_yield_dec - treasury_quotes.bond_equivalent_yield_dec as fr_yield_spread_dec,
        priced.street_yield_bond_equivalent_dec - treasury_quotes.bond_equivalent_yield_dec
            as fr_z_surrogate_dec,
        priced.z_spread_continuous_dec as fr_z_spread_dec,
        priced.z_spread_continuous_status as z_spread_status,
        priced.z_spread_continuous_ois_dec as fr_z_spread_ois_dec,
        priced.z_spread_continuous_ois_status as z_spread_ois_status,
        {% for column in priced_columns -%}
            priced.{{ column[3:] }} as {{ column }},
            priced.{{ column[3:-4] }}_status,
        {% endfor -%}
        bonds.bid_ask_share,
        bonds.amount_outstanding_usd,
        bonds.bid_ask_status,
        priced.street_yield_status,
        matched.treasury_status as yield_spread_status,
        if(priced.street_yield_status = 'ok', matched.treasury_status, priced.street_yield_status)
            as z_surrogate_status,
        bonds.price_pct_par < {{ bars | max }} as is_below_bar,
        zero_curves.has_ois,
        spreads.curve_status,
        spreads.cds_spline_status,
        spreads.cds_hazard_status,
        bonds.unscreened,
        nullif(spreads.curve_status, 'ok') as drop_reason
    from {{ ref('int_cds_bond__bonds_aligned_to_curves') }} as aligned
    inner join {{ ref('int_cds_bond__cds_spreads_interpolated') }} as spreads
        on aligned.source_row_number = spreads.source_row_number
    inner join {{ ref('int_cds_bond__bonds_screened') }} as bonds
        on aligned.source_row_number = bonds.source_row_number
    inner join {{ ref('int_cds_bond__bonds_matched_to_treasuries') }} as matched
        on aligned.source_row_number = matched.source_row_number
    left join {{ ref('int_cds_bond__treasuries_merged') }} as treasury_quotes
        on
            matched.treasury_row_number = treasury_quotes.source_row_number
            and matched.treasury_issue_row_number = treasury_quotes.issue_row_number
    inner join {{ ref('int_cds_bond__bonds_joined_to_zero_curves') }} as zero_curves
        on aligned.source_row_number = zero_curves.source_row_number
    inner join {{ ref('int_cds_bond__bonds_priced') }} as priced
        on aligned.source_row_number = priced.source_row_number

),

recorded as (

    select
        measured.*,
        case
            {% for code, holds in record.items() -%}
                when {{ holds }} then '{{ code }}'
            {% endfor -%}
        end as record_measure,
        coalesce(measured.ois_curve, measured.discount_curve) as record_curve,
        concat_ws(
            ' ',
            if(measured.is_below_bar, 'price_below_bar', 'price_at_or_above_bar'),
            if(measured.ois_curve is null, 'no_ois_curve', 'ois_curve_delivered'),
            if(
                measured.cds_spline_status like 'spline_%',
                measured.cds_spline_status,
                'cds_by_' || measured.cds_interpolation
            )
        ) as record_reason,
        case
            {% for code, holds in record.items() -%}
                when {{ holds }}
                    then {{
                        'measured.fr_%s_dec' % code if 'cds' in code
                        else '4 * (exp(measured.fr_%s_dec / 4) - 1) * 360.0::double / 365' % code
                    }}
            {% endfor -%}
        end as fr_of_record_dec,
        case
            {% for code, holds in record.items() -%}
                when {{ holds }} then measured.{{ code }}_status
            {% endfor -%}
        end as of_record_status
    from measured

),

final as (

    select
        recorded.* exclude (recorded.is_below_bar, recorded.has_ois) replace (
            {% for code in riskless -%}
                {% set is_too_low -%}
                    recorded.{{ code }}_status = 'ok'
                    and recorded.price_pct_par < {{ var('survival_only_below_pct_par') }}
                {%- endset -%}
                if({{ is_too_low }}, null, recorded.fr_{{ code }}_dec) as fr_{{ code }}_dec,
                if({{ is_too_low }}, 'price_below_survival_bar', recorded.{{ code }}_status)
                    as {{ code }}_status{{ ',' if not loop.last }}
            {% endfor %}
        ),
        recorded.price_pct_par >= {{ var('survival_only_below_pct_par') }}
        {% for code in riskless + survival + ['of_record'] -%}
            and (recorded.{{ code }}_status = 'ok'{{ ' or not recorded.has_ois' if code.endswith('_ois') }})
        {% endfor -%}
            as common_sample,
        recorded.fr_of_record_dec - (
            (1 - terms.haircut_share) * terms.repo_spread_bps
            + terms.haircut_share * terms.unsecured_spread_bps
        ) / 10000 as fr_funding_adjusted_dec,
        recorded.of_record_status as funding_adjusted_status
    from recorded
    inner join {{ ref('package_terms') }} as terms on recorded.rating_group = terms.rating_group

)

select * from final
