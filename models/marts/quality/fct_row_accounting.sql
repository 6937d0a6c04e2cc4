-- Rows in + rows added = rows kept + rows rejected, for every file and every step that could lose one.
-- Grain: one row per step_name and data_set.

with

delivered as (

    select
        lower(files.table_name) as source_name,
        files.data_set,
        max(files.table_row_count) as row_count
    from {{ ref('stg_build__input_files') }} as files
    group by lower(files.table_name), files.data_set

),

counted as (

    select
        source_name,
        data_set,
        sum(row_count) filter (where reject_reason = 'kept') as kept_count,
        sum(row_count) filter (where reject_reason <> 'kept') as rejected_count
    from {{ ref('int_accounting__rows_counted') }}
    group by source_name, data_set

),

-- The reasons behind these counts are in fct_rejected_rows and cds_bond.fct_sample_attrition.
screening as (

    select
        'screen_' || delivered.source_name as step_name,
        delivered.data_set,
        delivered.row_count as rows_in_count,
        coalesce(counted.kept_count, 0) as rows_kept_count,
        coalesce(counted.rejected_count, 0) as rows_rejected_count
    from delivered
    left join counted
        on delivered.source_name = counted.source_name and delivered.data_set = counted.data_set
    where delivered.source_name in ('{{ screened_models() | join("', '", attribute='source_name') }}') -- noqa: LT05

),

-- Quotes of series that no instrument follows are left out; several may follow one.
followers as (

    select
        quotes.data_set,
        count(*) as quote_count,
        count_if(quotes.follower_count > 0) as followed_count,
        sum(quotes.follower_count) as session_count
    from (
        select
            series.data_set,
            count(followed.instrument_code) as follower_count
        from {{ ref('int_cdx_overlay__series_dated') }} as series
        left join {{ ref('int_cdx_overlay__series_followed') }} as followed
            on
                series.data_set = followed.data_set
                and series.index_code = followed.index_code
                and series.series_number = followed.series_number
                and series.maturity_date = followed.maturity_date
                and series.quote_date = followed.session_date
        group by
            series.data_set, series.index_code, series.tenor_code, series.series_number,
            series.quote_date
    ) as quotes
    group by quotes.data_set

),

alignment as (

    select
        'align_markets' as step_name,
        counted.data_set,
        counted.kept_count as rows_in_count,
        (
            select count(*) from {{ ref('int_cdx_overlay__markets_aligned') }} as markets
            where markets.data_set = counted.data_set
        ) as rows_kept_count,
        followers.quote_count - followers.followed_count as rows_rejected_count,
        followers.session_count - followers.followed_count as rows_added_count
    from counted
    inner join followers on counted.data_set = followers.data_set
    where counted.source_name = 'cdx'

),

backtest as (

    -- Of the runs that keep their sessions. Runs with missing_signal_policy drop_row leave out sessions
    -- without a signal, as the replicas do; repriced runs leave out sessions on which the contract has no
    -- mark.
    select
        'simulate_' || strategies.strategy_code as step_name,
        strategies.data_set,
        count(*) as rows_in_count,
        count(days.session_date) as rows_kept_count,
        count_if(
            days.session_date is null
            and (
                strategies.missing_signal_policy = 'drop_row'
                or (strategies.pnl_model = 'repriced' and inputs.mark_usd_per_mm is null)
            )
        ) as rows_rejected_count
    from {{ ref('int_cdx_overlay__strategy_inputs_joined') }} as inputs
    inner join {{ ref('int_cdx_overlay__runs_kept') }} as strategies
        on
            inputs.signal_code = strategies.signal_code
            and inputs.market_code = strategies.market_code
            and strategies.keeps_days
    left join {{ ref('int_cdx_overlay__positions_simulated') }} as days
        on strategies.run_id = days.run_id and inputs.session_date = days.session_date
    group by strategies.strategy_code, strategies.data_set

),

-- Joins of the basis desk; where the lines start and end is compared with the tables in tests/cds_bond.
basis_joins as (

    select
        attrition.method || '_' || attrition.population || '_' || attrition.step as step_name,
        'desk' as data_set,
        min(attrition.rows_in) - sum(attrition.rows_added) as rows_in_count,
        max(attrition.rows_out) as rows_kept_count,
        sum(attrition.rows_dropped) as rows_rejected_count,
        sum(attrition.rows_added) as rows_added_count
    from {{ ref('fct_sample_attrition') }} as attrition
    group by attrition.method, attrition.population, attrition.step

),

stacked as (

    select * from screening
    union all
    select * from backtest
    union all by name
    select * from alignment
    union all by name
    select * from basis_joins

),

final as (

    select
        stacked.step_name,
        stacked.data_set,
        stacked.rows_in_count::bigint as rows_in_count,
        stacked.rows_kept_count::bigint as rows_kept_count,
        stacked.rows_rejected_count::bigint as rows_rejected_count,
        coalesce(stacked.rows_added_count, 0)::bigint as rows_added_count,
        stacked.rows_in_count + coalesce(stacked.rows_added_count, 0)
        = stacked.rows_kept_count + stacked.rows_rejected_count as is_balanced
    from stacked

)

select * from final
