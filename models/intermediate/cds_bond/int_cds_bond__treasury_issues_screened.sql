-- Every delivered line of a Treasury issue with the first reason against using it.
-- Grain: one row per source_row_number.
-- Lines of one issue differ when a field that is used does: maturity, dated date or type.
-- Tie-break: of equal lines the first of the file is kept; lines that differ are all rejected.

with

issues as (

    select * from {{ ref('stg_crsp__treasury_issues') }}

),

read_alone as (

    select
        issues.*,
        case
            when issues.treasury_code is null or issues.treasury_number is null then 'key_missing'
            when {{ date_unusable('issues.maturity_date') }} then 'maturity_missing_or_unreadable'
            else issues.row_fault
        end as own_reason
    from issues

),

final as (

    select
        read_alone.source_row_number,
        read_alone.treasury_code,
        read_alone.treasury_number,
        read_alone.maturity_date,
        read_alone.dated_date,
        read_alone.issue_type_code,
        {{ first_fault(['maturity_date', 'dated_date', 'issue_type_code']) }} as reject_reason,
        read_alone.raw_row_json
    from read_alone
    window {{ key_windows(['treasury_code', 'treasury_number']) }}

)

select * from final
