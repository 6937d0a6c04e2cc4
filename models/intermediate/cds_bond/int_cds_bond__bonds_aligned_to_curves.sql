-- The CDS curve of each bond-month, and how its spread is read from it.
-- Grain: one row per source_row_number.
-- The name's latest curve of the same month up to the bond's date, with its age; curves with one tenor are
-- skipped.
-- Drops: bonds without a code; alignment_status says why the others have no curve.

with

mapped as (

    select
        mapped.source_row_number,
        mapped.red_code,
        mapped.red_match_rule,
        mapped.passed_over_red_code,
        bonds.observation_date,
        bonds.maturity_date
    from {{ ref('int_cds_bond__bonds_mapped_to_red') }} as mapped
    inner join {{ ref('int_cds_bond__bonds_screened') }} as bonds
        on mapped.source_row_number = bonds.source_row_number
    where mapped.red_code_status = 'ok'

),

-- The curves are read by name, not through a CTE: the engine copies a CTE that is read more than once.
usable_curves as (

    select * from {{ ref('int_cds_bond__cds_curves_cleaned') }}
    where tenor_count >= 2

),

aligned as (

    select
        mapped.*,
        usable_curves.* exclude (usable_curves.red_code),
        latest.quote_date as latest_quote_date
    from mapped
    asof left join usable_curves
        on
            mapped.red_code = usable_curves.red_code
            and mapped.observation_date >= usable_curves.quote_date
    asof left join {{ ref('int_cds_bond__cds_curves_cleaned') }} as latest
        on
            mapped.red_code = latest.red_code
            and mapped.observation_date >= latest.quote_date

),

final as (

    select
        aligned.source_row_number,
        aligned.red_code,
        aligned.red_match_rule,
        aligned.passed_over_red_code,
        aligned.quote_date,
        date_diff('day', aligned.quote_date, aligned.observation_date) as quote_age_days,
        aligned.doc_clause,
        aligned.tenor_count,
        aligned.has_duplicate_tenor,
        aligned.recovery_share,
        aligned.recovery_source,
        aligned.maturity_date,
        date_diff('day', aligned.observation_date, aligned.maturity_date) as maturity_days,
        '{{ var('standard_cds_interpolation') }}' as interpolation,
        '{{ var('standard_spline_end') }}' as spline_end,
        '{{ var('standard_extrapolation') }}' as extrapolation,
        {% for tenor in cds_tenor_codes() -%}
            aligned.par_spread_{{ tenor | lower }}_dec,
        {% endfor -%}
        case
            when last_day(aligned.quote_date) = last_day(aligned.observation_date) then 'ok'
            when last_day(aligned.latest_quote_date) = last_day(aligned.observation_date)
                then 'fewer_than_two_tenors'
            else 'name_not_quoted'
        end as alignment_status
    from aligned

)

select * from final
