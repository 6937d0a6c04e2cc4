-- What became of every delivered bond-month: the step that dropped it and why, or kept.
-- Grain: one row per source_row_number and red_code.
-- Drops: nothing; rows multiply where an issuer has several codes.

with

traced as (

    select
        bonds.source_row_number,
        coalesce(mapped.red_code, '') as red_code,
        bonds.cusip,
        bonds.month_end_date,
        case
            when bonds.reject_reason is not null then 1
            when treasuries.treasury_status <> 'ok' then 2
            when mapped.red_code_status <> 'ok' then 3
            when aligned.alignment_status <> 'ok' then 4
            when bases.curve_status <> 'ok' then 5
            when bases.drop_reason is not null then 6
            else 7
        end as step_number,
        case step_number
            when 1 then bonds.reject_reason
            when 2 then treasuries.treasury_status
            when 3 then mapped.red_code_status
            when 4 then aligned.alignment_status
            when 7 then 'kept'
            else bases.drop_reason
        end as reason
    from {{ ref('int_ftsfr_notebook__bonds_screened') }} as bonds
    left join {{ ref('int_ftsfr_notebook__bonds_matched_to_treasuries') }} as treasuries
        on bonds.source_row_number = treasuries.source_row_number
    left join {{ ref('int_ftsfr_notebook__bonds_mapped_to_red') }} as mapped
        on bonds.source_row_number = mapped.source_row_number
    left join {{ ref('int_ftsfr_notebook__bonds_aligned_to_curves') }} as aligned
        on
            mapped.source_row_number = aligned.source_row_number
            and mapped.red_code = aligned.red_code
    left join {{ ref('int_ftsfr_notebook__bases_computed') }} as bases
        on
            aligned.source_row_number = bases.source_row_number
            and aligned.red_code = bases.red_code

)

{{ with_withheld_rows('cusip_as_delivered', 'observation_date') }}
