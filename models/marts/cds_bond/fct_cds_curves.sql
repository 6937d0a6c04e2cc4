-- Hazard curves at month ends, by name and tenor: the default risk in the quoted par spreads.
-- Grain: one row per red_code, quote_date and tenor_years.
-- Sign: upfronts are what the protection buyer pays, risks what the buyer gains.
-- A curve that cannot be bootstrapped keeps its quotes; curve_status says why, for example arbitrage.

with

dated as (

    select * from {{ ref('int_cds_bond__cds_curves_dated') }}

),

-- The quote day before, found by its key alone: whole curves of a market would not fit in memory.
days as (

    select
        dated.red_code,
        dated.quote_date,
        curves.quote_date as earlier_date
    from dated
    asof inner join {{ ref('int_cds_bond__cds_curves_cleaned') }} as curves
        on dated.red_code = curves.red_code and dated.quote_date > curves.quote_date

),

paired as (

    select
        dated.red_code,
        dated.quote_date,
        {% for tenor in cds_tenor_codes() -%}
            {% set spread = 'par_spread_' ~ tenor | lower ~ '_dec' -%}
            coalesce(dated.{{ spread }} = earlier.{{ spread }}, false) as "{{ tenor }}",
        {% endfor -%}
        coalesce(dated.doc_clause, '') = coalesce(earlier.doc_clause, '') as is_same_clause
    from dated
    left join days on dated.red_code = days.red_code and dated.quote_date = days.quote_date
    left join {{ ref('int_cds_bond__cds_curves_cleaned') }} as earlier
        on days.red_code = earlier.red_code and days.earlier_date = earlier.quote_date

),

unchanged as (

    unpivot paired
    on columns(* exclude (red_code, quote_date, is_same_clause))
    into name tenor_code value is_unchanged

),

final as (

    select
        bootstrapped.*,
        dated.curve_date as treasury_curve_date,
        dated.ticker,
        dated.doc_clause,
        dated.recovery_share,
        dated.recovery_source,
        unchanged.is_unchanged and unchanged.is_same_clause as is_unchanged_quote
    from {{ ref('int_cds_bond__cds_curves_bootstrapped') }} as bootstrapped
    inner join dated
        on bootstrapped.red_code = dated.red_code and bootstrapped.quote_date = dated.quote_date
    inner join {{ ref('cds_tenors') }} as tenors on bootstrapped.tenor_years = tenors.tenor_years
    inner join unchanged
        on
            bootstrapped.red_code = unchanged.red_code
            and bootstrapped.quote_date = unchanged.quote_date
            and tenors.tenor_code = unchanged.tenor_code

)

select * from final
