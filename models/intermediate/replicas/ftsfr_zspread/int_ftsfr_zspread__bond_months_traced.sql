-- What became of every delivered bond-month: the step that dropped it and why, or kept.
-- Grain: one row per source_row_number.

with

traced as (

    select
        bonds.source_row_number,
        coalesce(aligned.red_code, '') as red_code,
        bonds.cusip,
        bonds.month_end_date,
        case
            when bonds.reject_reason is not null then 1
            when aligned.red_code is null then 3
            when aligned.alignment_status <> 'ok' then 4
            when bases.curve_status <> 'ok' then 5
            when bases.drop_reason is not null then 6
            else 7
        end as step_number,
        case step_number
            when 1 then bonds.reject_reason
            when 3 then aligned.alignment_status
            when 4 then aligned.alignment_status
            when 7 then 'kept'
            else bases.drop_reason
        end as reason
    from {{ ref('int_ftsfr_zspread__bonds_screened') }} as bonds
    left join {{ ref('int_ftsfr_zspread__bonds_aligned') }} as aligned
        on bonds.source_row_number = aligned.source_row_number
    left join {{ ref('int_ftsfr_zspread__bases_computed') }} as bases
        on bonds.source_row_number = bases.source_row_number

)

{{ with_withheld_rows('cusip_as_delivered', 'observation_date') }}
