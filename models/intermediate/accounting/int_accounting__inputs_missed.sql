-- Instruments without sessions, funds without quotes, and rows that the day of the build withholds.
-- Grain: one row per check_code, source_name and reason.

{% set is_stated = 'true' if var('as_of_date') else 'false' %}

with

files as (

    select
        lower(files.table_name) as source_name,
        max(files.table_row_count) as row_count
    from {{ ref('stg_build__input_files') }} as files
    where files.data_set = 'desk'
    group by lower(files.table_name)

),

withheld as (

    select
        'rows_withheld' as check_code,
        files.source_name,
        if({{ is_stated }}, 'nothing_left', 'later_than_the_clock') as reason,
        case
            when not {{ is_stated }}
                then count_if(withheld.reject_reason in ('date_in_future', 'not_known_yet'))
            when count(*) = files.row_count then files.row_count
            else 0
        end as lost_count,
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
        min(instruments.index_code) as index_code,
        min(instruments.etf_ticker) as etf_ticker,
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

funds as (

    select distinct etf_ticker
    from {{ ref('stg_market__etf_quotes') }}
    where data_set = 'desk' and etf_ticker is not null

),

counted as (

    select * from withheld
    union all
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
        count(distinct index_code) - count(distinct index_code) filter (where quote_count > 0) as lost_count,
        count(distinct index_code) as total_count,
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
    union all
    select
        'keys_missed' as check_code,
        'etf' as source_name,
        'ticker_not_delivered' as reason,
        count_if(etf_ticker not in (select funds.etf_ticker from funds)) as lost_count,
        count(etf_ticker) as total_count,
        'instruments.csv names ' || string_agg(distinct etf_ticker, ', ' order by etf_ticker)
        || ', the file has '
        || (
            select left(string_agg(funds.etf_ticker, ', ' order by funds.etf_ticker), 200) from funds
        ) as cause
    from instruments
    where quote_count > 0 and nullif(etf_ticker, '') is not null

),

final as (

    {{ counted_losses('counted') }}

)

select * from final
