-- What a delivery loses, check by check, beside its bound: beyond it nothing is published unless accepted.
-- Grain: one row per check_code, source_name and reason.
-- Macro judged_losses adds lost_share, min_lost_count, is_within, accepted_by and message.
{% set is_stated = 'true' if var('as_of_date') else 'false' %}

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

withheld as (

    select
        'rows_withheld' as check_code,
        files.source_name,
        if({{ is_stated }}, 'nothing_left', 'later_than_the_clock') as reason,
        if({{ is_stated }}, if(count(*) = files.row_count, files.row_count, 0), count_if(
            withheld.reject_reason in ('date_in_future', 'not_known_yet')
        )) as lost_count,
        files.row_count as total_count,
        if({{ is_stated }}, 'as_of_date', 'the clock of this machine') || ' says {{ as_of_date() }}' as cause
    from {{ ref('stg_build__withheld_rows') }} as withheld
    inner join files on lower(withheld.table_name) = files.source_name
    where withheld.data_set = 'desk'
    group by files.source_name, files.row_count

),

instruments as (

    select
        instruments.instrument_code,
        min(split_part(instruments.vendor_names, ';', 1)) as index_name,
        count(quotes.source_row_number) as quote_count,
        count_if(quotes.source_row_number is not null and quotes.reject_reason is null) as session_count,
        string_agg(distinct quotes.reject_reason, ', ' order by quotes.reject_reason) as reasons
    from {{ ref('instruments') }} as instruments
    left join {{ ref('int_cdx_overlay__index_quotes_screened') }} as quotes
        on instruments.index_code || instruments.tenor_code = quotes.index_code || quotes.tenor_code
    where
        instruments.is_enabled
        and instruments.data_set = 'desk'
        and 'cdx' in (select files.source_name from files)
    group by instruments.instrument_code

),

sessions as (

    select
        'instruments_without_sessions' as check_code,
        instrument_code as source_name,
        'no_session' as reason,
        (session_count = 0)::integer as lost_count,
        1 as total_count,
        quote_count || ' quotes are left out as ' || reasons as cause
    from instruments
    where quote_count > 0
    union all
    select
        'instruments_without_sessions' as check_code,
        'cdx' as source_name,
        'not_delivered' as reason,
        count(distinct index_name) - count(distinct index_name) filter (where quote_count > 0) as lost_count,
        count(distinct index_name) as total_count,
        (
            select
                'the file has ' || left(
                    string_agg(
                        distinct quotes.vendor_index_name || ' ' || quotes.tenor_code, ', '
                        order by quotes.vendor_index_name || ' ' || quotes.tenor_code
                    ), 200
                )
            from {{ ref('stg_market__index_quotes') }} as quotes
            where quotes.data_set = 'desk'
        ) as cause
    from instruments
    having count(*) > 0

),

measured as (

    select * from rejections
    union all
    select * from all_reasons
    union all
    select * from withheld
    union all
    select * from sessions
    union all
    select * exclude (is_systematic) from {{ ref('int_cdx_overlay__index_quotes_compared') }}
    union all
    select * from {{ ref('int_accounting__keys_missed') }}

),

final as (

    {{ judged_losses('measured', ref('stg_build__input_files'), ref('accepted_losses'), ref('loss_bounds')) }}

)

select * from final
