-- RED code, CDS curve and Treasury curve of each bond-month that the Z-spread code prices.
-- Grain: one row per source_row_number.
-- Tie-break: of the codes listed for the ISIN the one with the most CDS quotes in the file, then the lower.
-- Dates: the day itself if any name is quoted, else the latest earlier quote day of the month, whatever the
-- name's own quotes; the Treasury curve likewise.
-- Drops: rejected bonds; alignment_status says why the others have no curve.

with

bonds as (

    select * from {{ ref('int_ftsfr_zspread__bonds_screened') }}
    where reject_reason is null

),

summaries as (

    select * from {{ ref('int_ftsfr_zspread__quotes_summarised') }}

),

listed as (

    select distinct
        isin,
        red_code
    from {{ ref('stg_markit__red_obligations') }}
    where
        (tier is null or {{ is_code('tier', var('cds_tier')) }})
        and isin is not null
        and red_code is not null

),

-- The replaced code takes every line that has parameters.
treasury_curves as (

    select * from {{ ref('stg_fed__yield_curve_params') }}
    where curve_date is not null and beta0_dec is not null
    qualify row_number() over (partition by curve_date order by source_row_number) = 1

),

coverage as (

    select * from {{ ref('int_ftsfr_zspread__codes_counted') }}

),

codes as (

    select
        listed.isin,
        listed.red_code
    from listed
    left join coverage on listed.red_code = coverage.red_code
    qualify
        row_number() over (
            partition by listed.isin
            order by coalesce(coverage.quote_count, 0) desc, listed.red_code
        ) = 1

),

quote_dates as (

    select distinct quote_date
    from summaries
    where par_spread_dec is not null

),

curves as (

    select
        summaries.red_code,
        summaries.quote_date,
        {{ tenor_columns('min', 'summaries', liquid_cds_tenor_codes()) }},
        count(distinct summaries.tenor_code) as tenor_count,
        count(*) > count(distinct summaries.tenor_code) as has_duplicate_tenor
    from summaries
    where summaries.par_spread_dec is not null and summaries.ticker_key <> ''
    group by summaries.red_code, summaries.quote_date

),

dated as (

    select
        bonds.*,
        codes.red_code,
        quote_dates.quote_date,
        treasury_curves.curve_date,
        treasury_curves.beta0_dec,
        treasury_curves.beta1_dec,
        treasury_curves.beta2_dec,
        treasury_curves.beta3_dec,
        treasury_curves.tau1_years,
        treasury_curves.tau2_years
    from bonds
    left join codes on bonds.isin = codes.isin
    asof left join quote_dates on bonds.month_end_date >= quote_dates.quote_date
    asof left join treasury_curves on bonds.month_end_date >= treasury_curves.curve_date

),

final as (

    select
        dated.*,
        date_diff('day', dated.quote_date, dated.month_end_date) as quote_age_days,
        {% for tenor in liquid_cds_tenor_codes() -%}
            curves.par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        curves.tenor_count,
        curves.has_duplicate_tenor,
        case
            when dated.red_code is null then 'isin_not_in_red_table'
            when not coalesce(last_day(dated.quote_date) = last_day(dated.month_end_date), false)
                then 'no_cds_quote_date_this_month'
            when curves.red_code is null then 'name_not_quoted'
            when curves.tenor_count < 2 then 'fewer_than_two_tenors'
            when not coalesce(last_day(dated.curve_date) = last_day(dated.month_end_date), false)
                then 'no_treasury_curve_this_month'
            else 'ok'
        end as alignment_status
    from dated
    left join curves
        on dated.red_code = curves.red_code and dated.quote_date = curves.quote_date

)

select * from final
