-- What became of every delivered bond-month: the step that dropped it and why, or kept.
-- Grain: one row per source_row_number.
-- A bond without a Treasury still has measures from its price, and stays.

with

traced as (

    select
        bonds.source_row_number,
        coalesce(mapped.red_code, '') as red_code,
        bonds.cusip,
        bonds.month_end_date,
        case
            when bonds.reject_reason is not null then 1
            when mapped.red_code_status <> 'ok' then 3
            when aligned.alignment_status <> 'ok' then 4
            when bases.drop_reason is not null then 5
            else 7
        end as step_number,
        case step_number
            when 1 then bonds.reject_reason
            when 3 then mapped.red_code_status
            when 4 then aligned.alignment_status
            when 5 then bases.drop_reason
            else 'kept'
        end as reason
    from {{ ref('int_cds_bond__bonds_screened') }} as bonds
    left join {{ ref('int_cds_bond__bonds_mapped_to_red') }} as mapped
        on bonds.source_row_number = mapped.source_row_number
    left join {{ ref('int_cds_bond__bonds_aligned_to_curves') }} as aligned
        on bonds.source_row_number = aligned.source_row_number
    left join {{ ref('int_cds_bond__bases_computed') }} as bases
        on bonds.source_row_number = bases.source_row_number

)

{{ with_withheld_rows('cusip', 'last_day(observation_date)') }}
