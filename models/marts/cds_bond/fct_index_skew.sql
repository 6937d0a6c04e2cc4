-- An index against its names: the quoted spread less the spread that its constituents mean.
-- Grain: one row per index_code, tenor_code, series_number and date.
-- Sign: positive when protection on the index is dearer than on its names.
-- Formula: intrinsic = sum of w s A / sum of w A over the surviving names that are quoted; s the spread of
-- a name at the maturity of the index, linear between its quoted tenors, A its risky annuity by the credit
-- triangle (index_discount_rate_dec). A 5Y quote matures five years after the last 20 June or
-- December (before 21 December 2015 the next quarterly 20th), so that on the run no spread is interpolated.
-- Drops: series without delivered constituents.

{% set points = [
    ('6m', 0.5), ('1y', 1), ('2y', 2), ('3y', 3), ('4y', 4), ('5y', 5), ('7y', 7), ('10y', 10)
] %}

with

names as (

    select * from {{ ref('int_cds_bond__index_constituents_screened') }}
    where reject_reason is null

),

quotes as (

    select
        series.index_code,
        series.tenor_code,
        series.series_number,
        series.date,
        series.maturity_date,
        series.spread_bps,
        case
            when series.date < date '2015-12-21'
                then
                    (
                        date_trunc('quarter', series.date - interval 19 day + interval 1 month)
                        + interval 2 month + interval 19 day
                    )::date
            when strftime(series.date, '%m%d') < '0320' then make_date(year(series.date) - 1, 12, 20)
            when strftime(series.date, '%m%d') < '0920' then make_date(year(series.date), 6, 20)
            else make_date(year(series.date), 12, 20)
        end as anchor_date
    from {{ ref('fct_series_daily') }} as series
    where
        series.data_set = 'desk'
        and series.spread_bps is not null
        and (series.index_code, series.series_number) in (
            select (names.index_code, names.series_number) from names
        )

),

parts as (

    select
        quotes.*,
        date_diff('month', quotes.anchor_date, quotes.maturity_date) / 12.0::double as index_years,
        date_diff('day', quotes.date, quotes.maturity_date) / 365.25::double as left_years,
        names.red_code,
        names.weight_share,
        curves.* exclude (curves.red_code)
    from quotes
    inner join names
        on quotes.index_code = names.index_code and quotes.series_number = names.series_number
    left join {{ ref('int_cds_bond__cds_curves_cleaned') }} as curves
        on names.red_code = curves.red_code and quotes.date = curves.quote_date
    left join {{ ref('int_cds_bond__defaults_dated') }} as defaults on names.red_code = defaults.red_code
    where coalesce(quotes.date < defaults.event_date, true)

),

-- The quoted tenors next to the maturity of the index, the same where a tenor has it.
bracketed as (

    select
        *,
        {% for side, sign, order in [('shorter', '<=', points | reverse | list), ('longer', '>=', points)] -%}
            coalesce(
                {% for tenor, years in order -%}
                    if({{ years }} {{ sign }} index_years, par_spread_{{ tenor }}_dec, null)
                    {{- ',' if not loop.last }}
                {% endfor -%}
            ) as {{ side }}_spread_dec,
            coalesce(
                {% for tenor, years in order -%}
                    if(
                        {{ years }} {{ sign }} index_years and par_spread_{{ tenor }}_dec > 0,
                        {{ years }}::double,
                        null
                    )
                    {{- ',' if not loop.last }}
                {% endfor -%}
            ) as {{ side }}_years,
        {% endfor -%}
        1 as name_count
    from parts

),

spread_out as (

    select
        *,
        shorter_spread_dec + case
            when longer_years = shorter_years then 0
            else
                (longer_spread_dec - shorter_spread_dec) * (index_years - shorter_years)
                / (longer_years - shorter_years)
        end as par_spread_dec
    from bracketed

),

weighed as (

    select
        *,
        weight_share * ({{ triangle_rpv01(
            '10000 * par_spread_dec', 'left_years', var('index_discount_rate_dec'),
            var('cds_recovery_share')
        ) }}) as weighted_rpv01_years
    from spread_out

),

summed as (

    select
        index_code,
        tenor_code,
        series_number,
        date,
        max(maturity_date) as maturity_date,
        max(spread_bps) as quoted_spread_bps,
        count(*) as name_count,
        count(par_spread_dec) as quoted_name_count,
        {{ exact_sum('if(par_spread_dec is null, 0, weight_share)', 'dec') }}
        / {{ exact_sum('weight_share', 'dec') }} as quoted_share,
        {{ exact_sum('par_spread_dec * weighted_rpv01_years', 'dec') }}
        / {{ exact_sum('weighted_rpv01_years', 'dec') }} * 10000 as spread_bps
    from weighed
    group by index_code, tenor_code, series_number, date

),

judged as (

    select
        *,
        if(quoted_share >= {{ var('index_skew_min_quoted_share') }}, 'ok', 'names_not_quoted') as skew_status
    from summed

),

final as (

    select
        index_code,
        tenor_code,
        series_number,
        date,
        maturity_date,
        quoted_spread_bps,
        if(skew_status = 'ok', spread_bps, null) as intrinsic_spread_bps,
        if(skew_status = 'ok', quoted_spread_bps - spread_bps, null) as skew_bps,
        name_count,
        quoted_name_count,
        quoted_share,
        skew_status
    from judged

)

select * from final
