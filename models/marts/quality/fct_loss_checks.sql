-- What a delivery loses, check by check, beside its bound: beyond it nothing is published unless accepted.
-- Grain: one row per check_code, source_name and reason.
-- Macro judged_losses adds lost_share, min_lost_count, is_within, accepted_by and message.

with

files as (

    select
        lower(files.table_name) as source_name,
        max(files.table_row_count) as row_count,
        max(files.part_count) = 1 and max(files.file_name) ilike '%.csv%' as has_lines
    from {{ ref('stg_build__input_files') }} as files
    where files.data_set = 'desk'
    group by lower(files.table_name)

),

rejected as (

    select
        rejected.source_name,
        rejected.reject_reason as reason,
        count(*) as lost_count,
        min(rejected.source_row_number) as first_row,
        max(rejected.source_row_number) as last_row,
        min_by(rejected.raw_row_json, rejected.source_row_number) as first_json
    from {{ ref('fct_rejected_rows') }} as rejected
    where
        rejected.data_set = 'desk'
        and rejected.reject_reason not in ('date_in_future', 'not_known_yet', 'other_version_counts')
    group by rejected.source_name, rejected.reject_reason

),

rejections as (

    select
        'rows_rejected' as check_code,
        rejected.source_name,
        rejected.reason,
        rejected.lost_count,
        files.row_count as total_count,
        case
            when rejected.lost_count = files.row_count then 'all rows'
            when rejected.lost_count = rejected.last_row - rejected.first_row + 1
                then
                    'every row from the first to row ' || rejected.last_row
                    || ', as when a file changes its format on the way'
            else 'scattered up to row ' || rejected.last_row
        end
        || '; the first: '
        || if(files.has_lines, 'line ' || (rejected.first_row + 1), 'row ' || rejected.first_row)
        || ' with ' || left(replace(trim(rejected.first_json, '{}'), '"', ''), 300) as cause
    from rejected
    inner join files on rejected.source_name = files.source_name

),

-- Reasons whose bound is 1 set rows aside on purpose.
all_reasons as (

    select
        rejections.check_code,
        rejections.source_name,
        'any_reason' as reason,
        sum(rejections.lost_count) as lost_count,
        max(rejections.total_count) as total_count,
        string_agg(
            format('{:,} as {}', rejections.lost_count, rejections.reason), ', '
            order by rejections.lost_count desc, rejections.reason asc
        ) as cause
    from rejections
    anti join {{ ref('loss_bounds') }} as bounds
        on
            rejections.check_code = bounds.check_code
            and rejections.reason = bounds.reason
            and bounds.source_name in (rejections.source_name, '*')
            and bounds.max_lost_share = 1
    group by rejections.check_code, rejections.source_name

),

-- What a screen leaves out is no fault; half of a file is a code or label that nothing reads.
screens as (

    select
        'rows_screened' as check_code,
        counted.source_name,
        counted.reject_reason as reason,
        counted.row_count as lost_count,
        files.row_count as total_count,
        '' as cause
    from {{ ref('int_accounting__rows_counted') }} as counted
    inner join files on counted.source_name = files.source_name
    anti join rejected
        on counted.source_name = rejected.source_name and counted.reject_reason = rejected.reason
    where
        counted.data_set = 'desk' and not counted.is_withheld
        and counted.reject_reason not in ('kept', 'other_clause_preferred')

),

quoted as (

    select
        last_day(min(quote_date)) as first_month,
        last_day(max(quote_date)) as last_month
    from {{ ref('int_cds_bond__cds_curves_cleaned') }}

),

outcomes as (

    select
        bonds.method,
        bonds.month_end_date,
        bonds.reason,
        count(*) as bond_count
    from {{ ref('fct_bond_screening') }} as bonds
    cross join quoted
    where
        bonds.month_end_date >= coalesce(quoted.first_month, bonds.month_end_date)
        and bonds.month_end_date <= coalesce(quoted.last_month, bonds.month_end_date)
        and bonds.step <> 'withheld' and bonds.reason <> 'date_outside_sample'
    group by bonds.method, bonds.month_end_date, bonds.reason

),

months as (

    select
        outcomes.*,
        not bool_or(outcomes.reason = 'kept') over whole_month as is_lost
    from outcomes
    window whole_month as (partition by outcomes.method, outcomes.month_end_date)

),

bases as (

    select
        'months_without_rows' as check_code,
        'fct_bond_basis' as source_name,
        'no_' || method || '_basis' as reason,
        count(distinct month_end_date) filter (where is_lost) as lost_count,
        count(distinct month_end_date) as total_count,
        'from ' || min(month_end_date) filter (where is_lost) || ' to '
        || max(month_end_date) filter (where is_lost) || '; most bonds of a month leave as '
        || arg_max(reason, (bond_count, reason)) filter (where is_lost) as cause
    from months
    group by method

),

measured as (

    select * from rejections
    union all
    select * from all_reasons
    union all
    select * from screens
    union all
    select * from bases
    union all
    select * exclude (is_systematic) from {{ ref('int_cdx_overlay__index_quotes_compared') }}
    union all
    select * from {{ ref('int_accounting__keys_missed') }}
    union all
    select * from {{ ref('int_accounting__inputs_missed') }}

),

final as (

    {{ judged_losses('measured', ref('stg_build__input_files'), ref('accepted_losses'), ref('loss_bounds')) }}

)

select * from final
