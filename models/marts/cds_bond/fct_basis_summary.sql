-- Distribution over months of the monthly mean basis, by analysis period of the catalog.
-- Grain: one row per method, analysis_period, rating_group and measure.
-- Sign: basis = CDS - bond; negative when bonds are cheap.
-- rating_group ALL pools the bonds of both groups before the monthly mean: the larger group weighs more.
-- Drops: periods without a month.

with

bonds as (

    select * from {{ ref('fct_bond_measures') }}
    where rating_group in ('IG', 'HY') and measure_status = 'ok'

),

months as (

    select
        method,
        month_end_date,
        rating_group,
        measure,
        mean_basis_bps
    from {{ ref('fct_rating_basis') }}
    union all
    select
        bonds.method,
        bonds.month_end_date,
        'ALL' as rating_group,
        bonds.measure,
        {{ exact_mean('bonds.basis_dec * 10000', 'bps') }} as mean_basis_bps
    from bonds
    group by bonds.method, bonds.month_end_date, bonds.measure

),

final as (

    select
        months.method,
        periods.analysis_period,
        months.rating_group,
        months.measure,
        count(*) as month_count,
        {{ exact_mean('months.mean_basis_bps', 'bps') }} as mean_basis_bps,
        median(months.mean_basis_bps) as median_basis_bps,
        -- A group has one value a month: few enough to sort.
        stddev_samp(months.mean_basis_bps order by months.month_end_date) as sd_basis_bps,
        min(months.mean_basis_bps) as min_basis_bps,
        quantile_cont(months.mean_basis_bps, 0.05) as p5_basis_bps,
        quantile_cont(months.mean_basis_bps, 0.95) as p95_basis_bps,
        max(months.mean_basis_bps) as max_basis_bps,
        min(months.month_end_date) as first_month_end_date,
        max(months.month_end_date) as last_month_end_date
    from months
    inner join {{ ref('analysis_periods') }} as periods
        on
            months.month_end_date >= coalesce(periods.first_date, months.month_end_date)
            and months.month_end_date <= coalesce(periods.last_date, months.month_end_date)
    group by months.method, periods.analysis_period, months.rating_group, months.measure

)

select * from final
