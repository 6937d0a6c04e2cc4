-- The CDS curve that is drawn as an example, once for each maturity at which its spline is drawn.
-- Grain: one row per maturity_years.
-- Tie-break: the curve under the most bonds, then the most with a Treasury, then the lower code, then the
-- later date.

{% set tenors = cds_tenor_codes() %}

with

bases as (

    select *
    from {{ ref('int_cds_bond__bases_computed') }}
    where drop_reason is null

),

curves as (

    select *
    from {{ ref('int_cds_bond__cds_curves_cleaned') }}

),

tenors as (

    select *
    from {{ ref('cds_tenors') }}
    where is_used_by_standard

),

fullest as (

    select
        bases.red_code,
        bases.cds_quote_date as quote_date
    from bases
    group by bases.red_code, bases.cds_quote_date
    qualify
        row_number() over (
            order by
                count(*) desc,
                count(bases.fr_yield_spread_dec) desc,
                bases.red_code asc,
                bases.cds_quote_date desc
        ) = 1

),

maturities as (

    -- Steps of a twentieth of a year, so that every tenor is hit.
    select unnest(range(1, (20 * max(tenors.tenor_years))::bigint + 1)) / 20 as maturity_years
    from tenors

),

final as (

    select
        curves.red_code,
        curves.quote_date,
        maturities.maturity_years,
        365 * maturities.maturity_years as maturity_days,
        '{{ var('standard_spline_end') }}' as spline_end,
        '{{ var('standard_extrapolation') }}' as extrapolation,
        {% for tenor in tenors -%}
            curves.par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        curves.has_duplicate_tenor
    from fullest
    inner join curves
        on fullest.red_code = curves.red_code and fullest.quote_date = curves.quote_date
    cross join maturities

)

select * from final
