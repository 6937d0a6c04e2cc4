-- What became of every delivered bond-month: the step that dropped it and why, or kept.
-- Grain: one row per method, source_row_number and red_code.
-- Rows that do not count as of the date of the build are withheld from every method.
-- Drops: nothing; compat rows multiply where an issuer has several codes.

with

bonds as (

    select * from {{ ref('int_cds_bond__bonds_screened') }}

),

treasuries as (

    select * from {{ ref('int_cds_bond__bonds_matched_to_treasuries') }}

),

mapped as (

    select * from {{ ref('int_cds_bond__bonds_mapped_to_red') }}

),

aligned as (

    select * from {{ ref('int_cds_bond__bonds_aligned_to_curves') }}

),

bases as (

    select * from {{ ref('int_cds_bond__bases_computed') }}

),

zspread_bonds as (

    select * from {{ ref('int_cds_bond__zspread_bonds_screened') }}

),

zspread_aligned as (

    select * from {{ ref('int_cds_bond__zspread_bonds_aligned') }}

),

zspread_bases as (

    select * from {{ ref('int_cds_bond__zspread_bases_computed') }}

),

withheld as (

    select
        unnest(['compat', 'compat_zspread', 'standard']) as method,
        source_row_number,
        raw_row_json ->> 'cusip' as cusip_as_delivered,
        -- A year of more than four digits, such as 5881580, has no month end that a date can hold.
        case
            when try_cast(raw_row_json ->> 'date' as date) <= date '9999-12-31'
                then try_cast(raw_row_json ->> 'date' as date)
        end as observation_date,
        reject_reason
    from {{ ref('stg_build__withheld_rows') }}
    where data_set = 'desk' and table_name = 'wrds_bond'

),

joined as (

    select
        bonds.method,
        bonds.source_row_number,
        mapped.red_code,
        bonds.cusip,
        bonds.month_end_date,
        bonds.reject_reason,
        treasuries.treasury_status,
        mapped.red_code_status,
        aligned.alignment_status,
        bases.drop_reason,
        bases.curve_status
    from bonds
    left join treasuries
        on
            bonds.method = treasuries.method
            and bonds.source_row_number = treasuries.source_row_number
    left join mapped
        on
            bonds.method = mapped.method
            and bonds.source_row_number = mapped.source_row_number
    left join aligned
        on
            mapped.method = aligned.method
            and mapped.source_row_number = aligned.source_row_number
            and mapped.red_code = aligned.red_code
    left join bases
        on
            aligned.method = bases.method
            and aligned.source_row_number = bases.source_row_number
            and aligned.red_code = bases.red_code
    union all by name
    select
        'compat_zspread' as method,
        zspread_bonds.source_row_number,
        zspread_aligned.red_code,
        zspread_bonds.cusip,
        zspread_bonds.month_end_date,
        zspread_bonds.reject_reason,
        if(zspread_aligned.red_code is null, zspread_aligned.alignment_status, 'ok') as red_code_status,
        zspread_aligned.alignment_status,
        zspread_bases.drop_reason,
        zspread_bases.curve_status
    from zspread_bonds
    left join zspread_aligned
        on zspread_bonds.source_row_number = zspread_aligned.source_row_number
    left join zspread_bases
        on zspread_bonds.source_row_number = zspread_bases.source_row_number

),

final as (

    select
        joined.method,
        joined.source_row_number,
        coalesce(joined.red_code, '') as red_code,
        joined.cusip,
        joined.month_end_date,
        case
            when joined.reject_reason is not null then 1
            -- A bond without a Treasury still has price-based measures in the standard method.
            when joined.method = 'compat' and joined.treasury_status <> 'ok' then 2
            when joined.red_code_status <> 'ok' then 3
            when joined.alignment_status <> 'ok' then 4
            when joined.curve_status <> 'ok' then 5
            when joined.drop_reason is not null then 6
            else 7
        end as step_number,
        case step_number
            when 1 then joined.reject_reason
            when 2 then joined.treasury_status
            when 3 then joined.red_code_status
            when 4 then joined.alignment_status
            when 5 then joined.drop_reason
            when 6 then joined.drop_reason
            else 'kept'
        end as reason
    from joined
    union all
    select
        withheld.method,
        withheld.source_row_number,
        '' as red_code,
        if(
            withheld.method = 'standard',
            {{ code_value('withheld.cusip_as_delivered') }},
            withheld.cusip_as_delivered
        ) as cusip,
        if(
            withheld.method = 'standard', last_day(withheld.observation_date), withheld.observation_date
        ) as month_end_date,
        0 as step_number,
        withheld.reject_reason as reason
    from withheld

)

select * from final
