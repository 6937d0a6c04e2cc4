-- Reference entity codes of each bond-month that has a Treasury, by the issuer's CUSIP-6.
-- Grain: one row per source_row_number and red_number.
-- Rows multiply: every code that any obligation of the issuer has counts, as delivered and in file order.
-- Drops: bonds without a Treasury; red_code_status says which of the others have no code.

with

bonds as (

    select
        bonds.source_row_number,
        bonds.cusip
    from {{ ref('int_ftsfr_notebook__bonds_screened') }} as bonds
    inner join {{ ref('int_ftsfr_notebook__bonds_matched_to_treasuries') }} as treasuries
        on bonds.source_row_number = treasuries.source_row_number
    where treasuries.treasury_status = 'ok'

),

issuer_codes as (

    select
        substr(obligation_cusip_as_delivered, 1, 6) as issuer_cusip_6,
        red_code_as_delivered as red_code,
        min(source_row_number) as first_row_number
    from {{ ref('stg_markit__red_obligations') }}
    where
        coalesce(tier, '{{ var('cds_tier') }}') = '{{ var('cds_tier') }}'
        and red_code_as_delivered is not null
    group by substr(obligation_cusip_as_delivered, 1, 6), red_code_as_delivered

),

final as (

    select
        bonds.source_row_number,
        row_number() over codes_in_file_order as red_number,
        issuer_codes.red_code,
        issuer_codes.first_row_number as red_first_row_number,
        if(issuer_codes.red_code is null, 'issuer_not_in_red_table', 'ok') as red_code_status
    from bonds
    left join issuer_codes on substr(bonds.cusip, 1, 6) = issuer_codes.issuer_cusip_6
    window
        codes_in_file_order as (
            partition by bonds.source_row_number
            order by issuer_codes.first_row_number
        )

)

select * from final
