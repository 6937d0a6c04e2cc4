-- The CDS curve of each bond-month.
-- Grain: one row per method, source_row_number and red_code.
-- compat: the curve of the very day. standard: the name's latest curve of the same month up to the bond's
-- date,
-- with its age; curves of one tenor are passed over.
-- Drops: nothing; alignment_status says why there is none.

{% set tenors = cds_tenor_codes() %}

with

mapped as (

    select
        mapped.method,
        mapped.source_row_number,
        mapped.red_code,
        bonds.observation_date,
        bonds.maturity_date
    from {{ ref('int_cds_bond__bonds_mapped_to_red') }} as mapped
    inner join {{ ref('int_cds_bond__bonds_screened') }} as bonds
        on
            mapped.method = bonds.method
            and mapped.source_row_number = bonds.source_row_number
    where mapped.red_code_status = 'ok'

),

curves as (

    select * from {{ ref('int_cds_bond__cds_curves_cleaned') }}

),

usable_curves as (

    select * from curves
    where tenor_count >= 2

),

quote_dates as (

    select distinct
        method,
        quote_date
    from curves

),

aligned as (

    select
        mapped.method,
        mapped.source_row_number,
        mapped.red_code,
        mapped.observation_date,
        mapped.maturity_date,
        usable_curves.quote_date,
        usable_curves.doc_clause,
        usable_curves.tenor_count,
        usable_curves.has_duplicate_tenor,
        {% for tenor in tenors -%}
            usable_curves.par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        latest.quote_date as latest_quote_date,
        quote_dates.quote_date is not null as is_quote_date
    from mapped
    asof left join usable_curves
        on
            mapped.method = usable_curves.method
            and mapped.red_code = usable_curves.red_code
            and mapped.observation_date >= usable_curves.quote_date
    asof left join curves as latest
        on
            mapped.method = latest.method
            and mapped.red_code = latest.red_code
            and mapped.observation_date >= latest.quote_date
    left join quote_dates
        on
            mapped.method = quote_dates.method
            and mapped.observation_date = quote_dates.quote_date

),

final as (

    select
        aligned.method,
        aligned.source_row_number,
        aligned.red_code,
        aligned.quote_date,
        date_diff('day', aligned.quote_date, aligned.observation_date) as quote_age_days,
        aligned.doc_clause,
        aligned.tenor_count,
        aligned.has_duplicate_tenor,
        aligned.maturity_date,
        date_diff('day', aligned.observation_date, aligned.maturity_date) as maturity_days,
        if(aligned.method = 'compat', 'spline', '{{ var('standard_cds_interpolation') }}') as interpolation,
        if(aligned.method = 'compat', 'not_a_knot', '{{ var('standard_spline_end') }}') as spline_end,
        if(aligned.method = 'compat', 'allow', '{{ var('standard_extrapolation') }}') as extrapolation,
        {% for tenor in tenors -%}
            aligned.par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        case
            when
                aligned.quote_date = aligned.observation_date
                or (
                    aligned.method = 'standard'
                    and last_day(aligned.quote_date) = last_day(aligned.observation_date)
                )
                then 'ok'
            when aligned.method = 'compat' and not aligned.is_quote_date then 'not_a_cds_quote_date'
            when
                aligned.latest_quote_date = aligned.observation_date
                or (
                    aligned.method = 'standard'
                    and last_day(aligned.latest_quote_date) = last_day(aligned.observation_date)
                )
                then 'fewer_than_two_tenors'
            else 'name_not_quoted'
        end as alignment_status
    from aligned

)

select * from final
