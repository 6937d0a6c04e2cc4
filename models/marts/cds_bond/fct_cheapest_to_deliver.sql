-- The cheapest bond to deliver into an entity's CDS, by day.
-- Grain: one row per red_code and observation_date.
-- Of the screened bonds that lead to the entity the lowest clean price, then the later maturity, then the
-- lower CUSIP.

with

bonds as (

    select
        mapped.red_code,
        bonds.observation_date,
        bonds.cusip,
        bonds.ticker,
        bonds.maturity_date,
        bonds.price_pct_par
    from {{ ref('int_cds_bond__bonds_screened') }} as bonds
    inner join {{ ref('int_cds_bond__bonds_mapped_to_red') }} as mapped
        on bonds.source_row_number = mapped.source_row_number
    where bonds.reject_reason is null and mapped.red_code_status = 'ok'

),

final as (

    select
        bonds.red_code,
        bonds.observation_date,
        bonds.cusip,
        bonds.ticker,
        bonds.maturity_date,
        bonds.price_pct_par,
        lead(bonds.price_pct_par) over by_price - bonds.price_pct_par as next_cheapest_gap_pct_par,
        max(bonds.price_pct_par) over whole_entity - bonds.price_pct_par as dearest_gap_pct_par,
        count(*) over whole_entity as bond_count
    from bonds
    window
        whole_entity as (partition by bonds.red_code, bonds.observation_date),
        by_price as (
            partition by bonds.red_code, bonds.observation_date
            order by bonds.price_pct_par asc, bonds.maturity_date desc, bonds.cusip asc
        )
    qualify row_number() over by_price = 1

)

select * from final
