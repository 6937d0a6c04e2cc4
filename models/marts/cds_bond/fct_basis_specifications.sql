-- The specification curve: what the basis of a period is, by every choice that an author of it has.
-- Grain: one row per method, measure, interpolation, bond_filter, alignment, weighting, analysis_period, rating_group and statistic.  -- noqa: LT05
-- Sign: basis = CDS - bond; negative when bonds are cheap.
-- rating_group ALL pools the bonds of both groups before the monthly average: the larger group weighs more.
-- Drops: bonds rated neither IG nor HY, bonds whose measure has a status other than ok, of a replica all but
-- its own choices, and choices that no bond of the period answers.

with

chosen as (

    select
        measures.method,
        measures.measure,
        measures.rating_group,
        measures.month_end_date,
        measures.amount_outstanding_usd,
        interpolations.interpolation,
        bond_filters.bond_filter,
        alignments.alignment,
        10000 * (
            case interpolations.interpolation
                when 'of_record' then bonds.cds_par_spread_dec
                when 'spline' then bonds.cds_spline_dec
                when 'hazards' then bonds.cds_hazard_dec
            end - measures.fr_dec
        ) as basis_bps
    from {{ ref('fct_bond_measures') }} as measures
    inner join {{ ref('fct_bond_basis') }} as bonds
        on
            measures.method = bonds.method
            and measures.cusip = bonds.cusip
            and measures.red_code = bonds.red_code
            and measures.month_end_date = bonds.month_end_date
            and measures.duplicate_number = bonds.duplicate_number
    cross join (values ('of_record'), ('spline'), ('hazards')) as interpolations (interpolation)
    cross join (
        values ('all_bonds'), ('common_sample'), ('price_of_last_3_days')
    ) as bond_filters (bond_filter)
    cross join (values ('nearest_day'), ('same_day')) as alignments (alignment)
    where
        measures.measure_status = 'ok'
        and measures.measure <> 'ois_less_treasury'
        and measures.rating_group in ('IG', 'HY')
        and case bond_filters.bond_filter
            when 'all_bonds' then true
            when 'common_sample' then bonds.common_sample
            when 'price_of_last_3_days' then bonds.price_age_days <= 3
        end
        and (alignments.alignment = 'nearest_day' or bonds.cds_quote_age_days = 0)
        and (
            measures.method = 'standard'
            or (interpolations.interpolation, bond_filters.bond_filter, alignments.alignment)
            = ('of_record', 'all_bonds', 'nearest_day')
        )

),

averaged as (

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
        -- A median keeps all its values: of the other choices a whole market would be too many.
        median(
            if(
                chosen.interpolation = 'of_record' and chosen.alignment = 'nearest_day',
                chosen.basis_bps,
                null
            )
        ) as median_bps
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

),

months as (

    select
        averaged.*,
        weightings.weighting,
        case weightings.weighting
            when 'equal' then averaged.equal_bps
            when 'amount' then averaged.amount_bps
            when 'median' then averaged.median_bps
        end as basis_bps
    from averaged
    cross join (values ('equal'), ('amount'), ('median')) as weightings (weighting)
    where averaged.method = 'standard' or weightings.weighting = 'equal'

),

summarised as (

    select
        months.method,
        months.measure,
        months.interpolation,
        months.bond_filter,
        months.alignment,
        months.weighting,
        periods.analysis_period,
        months.rating_group,
        count(*) as month_count,
        {{ exact_mean('months.basis_bps', 'bps') }} as mean_bps,
        -- A group has one value a month: few enough to sort.
        median(months.basis_bps) as median_bps,
        stddev_samp(months.basis_bps order by months.month_end_date) as sd_bps,
        quantile_cont(months.basis_bps, 0.05) as p5_bps,
        quantile_cont(months.basis_bps, 0.95) as p95_bps
    from months
    inner join {{ ref('analysis_periods') }} as periods
        on
            months.month_end_date >= coalesce(periods.first_date, months.month_end_date)
            and months.month_end_date <= coalesce(periods.last_date, months.month_end_date)
    where months.basis_bps is not null
    group by
        months.method,
        months.measure,
        months.interpolation,
        months.bond_filter,
        months.alignment,
        months.weighting,
        periods.analysis_period,
        months.rating_group

),

final as (

    select
        summarised.method,
        summarised.measure,
        case
            when summarised.measure in ('basis_of_record', 'funding_adjusted') then 'of_record'
            when summarised.measure in ('yield_spread', 'z_surrogate') then 'matched_treasury'
            when summarised.measure like '%_ois' then 'ois'
            else 'treasury'
        end as curve,
        summarised.interpolation,
        summarised.bond_filter,
        summarised.alignment,
        summarised.weighting,
        summarised.method <> 'standard' as is_replica,
        summarised.analysis_period,
        summarised.rating_group,
        summarised.month_count,
        statistics.statistic,
        case statistics.statistic
            when 'mean' then summarised.mean_bps
            when 'median' then summarised.median_bps
            when 'sd' then summarised.sd_bps
            when 'p5' then summarised.p5_bps
            when 'p95' then summarised.p95_bps
        end as basis_bps
    from summarised
    cross join (values ('mean'), ('median'), ('sd'), ('p5'), ('p95')) as statistics (statistic)

)

select * from final
