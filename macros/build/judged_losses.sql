{% macro judged_losses(measured, files, accepted, bounds) -%}
    select
        measured.check_code,
        measured.source_name,
        measured.reason,
        measured.lost_count::bigint as lost_count,
        measured.total_count::bigint as total_count,
        measured.lost_count / measured.total_count as lost_share,
        bounds.max_lost_share,
        bounds.min_lost_count,
        measured.lost_count < bounds.min_lost_count
        or measured.lost_count <= bounds.max_lost_share * measured.total_count as is_within,
        if(is_within, null, accepted.accepted_by) as accepted_by,
        if(is_within, null, concat(
            coalesce(files.file_name, measured.source_name), ': ',
            format('{:,} of {:,} ', measured.lost_count::bigint, measured.total_count::bigint),
            case measured.check_code
                when 'rows_rejected' then 'rows are left out' || if(measured.reason = 'any_reason', '', ' as ' || measured.reason)
                when 'rows_screened' then 'rows are screened out as ' || measured.reason
                when 'keys_missed' then 'keys are ' || measured.reason
                when 'months_without_rows' then 'months are without rows'
                when 'instruments_without_sessions' 
                    then if(measured.reason = 'not_delivered', 'indices are ', 'enabled instruments have ') || measured.reason
                when 'quotes_disagree' then 'prices are not those of the spreads beside them'
                when 'rows_withheld' then 'rows are withheld, ' || measured.reason
                else 'rows of the last release are not there'
            end,
            format(
                ' ({:.1f} %, allowed are {:.1f} %); ',
                100.0 * measured.lost_count / measured.total_count, 100 * bounds.max_lost_share
            ),
            left(coalesce(nullif(measured.cause, ''), bounds.description) || '; ', 600),
            case measured.check_code
                when 'rows_rejected' then 'mend the file, whose rows are in quality.fct_rejected_rows of the build'
                when 'rows_screened' then 'mend the column, or what reads it'
                when 'keys_missed' then 'deliver both files with the same codes and of the same time'
                when 'instruments_without_sessions' then 'mend the file or vendor_names in instruments.csv'
                when 'quotes_disagree' then 'deliver the quotes under their names, or correct instruments.csv'
                when 'rows_withheld' then 'correct the clock or as_of_date'
                else 'mend the delivery'
            end,
            ', or accept the loss in seeds/catalog/accepted_losses.csv: ',
            concat_ws(',', measured.check_code, measured.source_name, measured.reason), ',YYYY-MM-DD,why'
        )) as message
    from {{ measured }} as measured
    left join (
        select
            lower(table_name) as source_name,
            if(max(part_count) > 1, min(table_name), min(file_name)) as file_name
        from {{ files }}
        where data_set = 'desk'
        group by lower(table_name)
    ) as files on measured.source_name = files.source_name
    left join (
        select
            *,
            'until ' || until_date || ': ' || why as accepted_by
        from {{ accepted }}
        where until_date >= '{{ run_started_at }}'::timestamp::date
    ) as accepted
        on
            measured.check_code = accepted.check_code
            and accepted.source_name in (measured.source_name, '*')
            and accepted.reason in (measured.reason, '*')
    inner join {{ bounds }} as bounds
        on
            measured.check_code = bounds.check_code
            and bounds.source_name in (measured.source_name, '*')
            and bounds.reason in (measured.reason, '*')
    qualify
        row_number() over (
            partition by measured.check_code, measured.source_name, measured.reason
            order by bounds.source_name <> '*' desc, bounds.reason <> '*' desc, accepted.until_date desc nulls last, accepted.reason
        ) = 1
{%- endmacro %}


{#- The columns of a check of losses; what was not there to count is left out. -#}
{% macro counted_losses(counted) -%}
    select
        check_code,
        source_name,
        reason,
        lost_count::bigint as lost_count,
        total_count::bigint as total_count,
        coalesce(cause, '') as cause
    from {{ counted }}
    where total_count > 0
{%- endmacro %}
