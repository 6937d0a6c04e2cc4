{{ config(
    materialized='table_by_year',
    date_relation='cds_bond.fct_bond_measures',
    date_column='month_end_date'
) }}
-- The average basis of each month by every choice of measure, CDS spread, bonds, CDS quotes and weights.
-- Grain: one row per method, measure, interpolation, bond_filter, alignment, rating_group, month_end_date.
-- rating_group ALL pools the bonds of both groups.
-- Drops: bonds rated neither IG nor HY, bonds whose measure has a status other than ok, and of a replica
-- all but its own choices.

with

measured as (

    select
        measures.method,
        measures.measure,
        measures.month_end_date,
        measures.rating_group,
        measures.fr_dec,
        measures.amount_outstanding_usd,
        bonds.common_sample,
        bonds.price_age_days,
        bonds.cds_quote_age_days,
        bonds.cds_par_spread_dec,
        bonds.cds_spline_dec,
        bonds.cds_hazard_dec
    from {{ ref('fct_bond_measures') }} as measures
    inner join {{ ref('fct_bond_basis') }} as bonds
        on
            measures.method = bonds.method
            and measures.cusip = bonds.cusip
            and measures.red_code = bonds.red_code
            and measures.month_end_date = bonds.month_end_date
            and measures.duplicate_number = bonds.duplicate_number
    where
        measures.measure_status = 'ok'
        and measures.measure <> 'ois_less_treasury'
        and measures.rating_group in ('IG', 'HY')
        and {{ in_year('measures.month_end_date') }}
        and {{ in_year('bonds.month_end_date') }}

),

chosen as (

    select
        measured.*,
        interpolations.interpolation,
        bond_filters.bond_filter,
        alignments.alignment,
        10000 * (
            case interpolations.interpolation
                when 'of_record' then measured.cds_par_spread_dec
                when 'spline' then measured.cds_spline_dec
                when 'hazards' then measured.cds_hazard_dec
            end - measured.fr_dec
        ) as basis_bps
    from measured
    cross join (values ('of_record'), ('spline'), ('hazards')) as interpolations (interpolation)
    cross join (
        values ('all_bonds'), ('common_sample'), ('price_of_last_3_days')
    ) as bond_filters (bond_filter)
    cross join (values ('nearest_day'), ('same_day')) as alignments (alignment)
    where
        case bond_filters.bond_filter
            when 'all_bonds' then true
            when 'common_sample' then measured.common_sample
            when 'price_of_last_3_days' then measured.price_age_days <= 3
        end
        and (alignments.alignment = 'nearest_day' or measured.cds_quote_age_days = 0)
        and (
            measured.method = 'standard'
            or (interpolations.interpolation, bond_filters.bond_filter, alignments.alignment)
            = ('of_record', 'all_bonds', 'nearest_day')
        )

),

final as (

    select
        chosen.method,
        chosen.measure,
        chosen.interpolation,
        chosen.bond_filter,
        chosen.alignment,
        coalesce(chosen.rating_group, 'ALL') as rating_group,
        chosen.month_end_date,
        {{ exact_mean('chosen.basis_bps', 'bps') }} as equal_bps,
        {{ exact_sum('chosen.basis_bps * chosen.amount_outstanding_usd', 'usd') }}
        / nullif({{ exact_sum('chosen.amount_outstanding_usd', 'usd') }}, 0) as amount_bps,
        median(chosen.basis_bps) as median_bps
    from chosen
    where chosen.basis_bps is not null
    group by
        chosen.method,
        chosen.measure,
        chosen.interpolation,
        chosen.bond_filter,
        chosen.alignment,
        chosen.month_end_date,
        grouping sets ((chosen.rating_group), ())

)

select * from final
