-- The specification curve: what the basis of a period is, by every choice that an author of it has.
-- Grain: one row per method, measure, interpolation, bond_filter, alignment, weighting, analysis_period,
-- rating_group and statistic.
-- Sign: basis = CDS - bond; negative when bonds are cheap.
-- rating_group ALL pools the bonds of both groups before the monthly average: the larger group weighs more.
-- Drops: of a replica all but its own choices; choices that no bond of the period answers.

with

months as (

    select
        averaged.*,
        weightings.weighting,
        case weightings.weighting
            when 'equal' then averaged.equal_bps
            when 'amount' then averaged.amount_bps
            when 'median' then averaged.median_bps
        end as basis_bps
    from {{ ref('int_cds_bond__specifications_averaged') }} as averaged
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
