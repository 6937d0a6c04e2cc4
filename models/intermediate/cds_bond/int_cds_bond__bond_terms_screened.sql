-- Every delivered line of bond terms with the first reason against using it.
-- Grain: one row per source_row_number.
-- Tie-break: of equal lines of a bond the first of the file is kept; lines that differ are all rejected.

with

read_alone as (

    select
        terms.*,
        case
            when terms.cusip is null or length(terms.cusip) <> 9 then 'cusip_not_nine_characters'
            else terms.row_fault
        end as own_reason
    from {{ ref('stg_wrds__bond_terms') }} as terms

),

final as (

    select
        read_alone.* exclude (read_alone.row_fault, read_alone.own_reason),
        {{ first_fault([
            'coupon_type', 'is_callable', 'is_make_whole', 'is_putable', 'has_sinking_fund', 'is_rule_144a',
            'security_level', 'dated_date', 'first_coupon_date', 'last_coupon_date', 'day_count_basis', 'default_date',
        ]) }} as reject_reason
    from read_alone
    window {{ key_windows(['cusip']) }}

)

select * from final
