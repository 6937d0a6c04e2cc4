-- What pricing a package needs: terms, price and curves of each bond of the basis, and its CDS spread.
-- Grain: one row per source_row_number.

with

bases as (

    select * from {{ ref('int_cds_bond__bases_computed') }}
    where drop_reason is null

),

final as (

    select
        bonds.*,
        bases.cds_par_spread_dec
    from {{ ref('int_cds_bond__bonds_joined_to_zero_curves') }} as bonds
    inner join bases on bonds.source_row_number = bases.source_row_number

)

select * from final
