-- The cells of the specification curve in order of their mean basis, with the quartiles of all cells.
-- Grain: one row per method, measure, interpolation, bond_filter, alignment, weighting and rating_group.
-- Sign: basis = CDS - bond; negative when bonds are cheap.
-- Drops: periods other than full, and IG and HY pooled.

with

cells as (

    select * from {{ ref('fct_basis_specifications') }}
    where analysis_period = 'full' and statistic = 'mean' and rating_group <> 'ALL'

),

final as (

    select
        cells.rating_group,
        row_number() over (
            partition by cells.rating_group
            order by
                cells.basis_bps asc,
                cells.method asc,
                cells.measure asc,
                cells.interpolation asc,
                cells.bond_filter asc,
                cells.alignment asc,
                cells.weighting asc
        ) as cell_number,
        count(*) over by_rating as cell_count,
        cells.method,
        cells.is_replica,
        cells.measure,
        cells.curve,
        cells.interpolation,
        cells.bond_filter,
        cells.alignment,
        cells.weighting,
        cells.month_count,
        cells.basis_bps as mean_basis_bps,
        quantile_cont(cells.basis_bps, 0.25) over by_rating as p25_of_cells_bps,
        median(cells.basis_bps) over by_rating as median_of_cells_bps,
        quantile_cont(cells.basis_bps, 0.75) over by_rating as p75_of_cells_bps
    from cells
    window by_rating as (partition by cells.rating_group)

)

select * from final
