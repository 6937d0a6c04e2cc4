-- Rows in + rows added = rows kept + rows rejected, for every file and every step that could lose one.
-- Grain: one row per step_name and data_set.

with

delivered as (

    select
        files.table_name as source_name,
        files.data_set,
        max(files.table_row_count) as row_count
    from {{ ref('stg_build__input_files') }} as files
    group by files.table_name, files.data_set

),

kept as (

    select
        'cdx' as source_name,
        quotes.data_set,
        count(*) as row_count
    from {{ ref('int_cdx_overlay__index_quotes_screened') }} as quotes
    where quotes.reject_reason is null
    group by quotes.data_set
    union all
    select
        'vix' as source_name,
        quotes.data_set,
        count(*) as row_count
    from {{ ref('int_cdx_overlay__volatility_quotes_screened') }} as quotes
    where quotes.reject_reason is null
    group by quotes.data_set
    union all
    select
        'etf' as source_name,
        quotes.data_set,
        count(*) as row_count
    from {{ ref('int_cdx_overlay__etf_quotes_screened') }} as quotes
    where quotes.reject_reason is null
    group by quotes.data_set

),

rejected as (

    select
        rows.source_name,
        rows.data_set,
        count(*) as row_count
    from {{ ref('fct_rejected_rows') }} as rows
    group by rows.source_name, rows.data_set

),

screening as (

    select
        'screen_' || delivered.source_name as step_name,
        delivered.data_set,
        delivered.row_count as rows_in_count,
        coalesce(kept.row_count, 0) as rows_kept_count,
        coalesce(rejected.row_count, 0) as rows_rejected_count
    from delivered
    left join kept
        on delivered.source_name = kept.source_name and delivered.data_set = kept.data_set
    left join rejected
        on delivered.source_name = rejected.source_name and delivered.data_set = rejected.data_set
    where delivered.source_name in ('cdx', 'vix', 'etf')

),

alignment as (

    select
        'align_markets' as step_name,
        quotes.data_set,
        count(*) as rows_in_count,
        (
            select count(*) from {{ ref('int_cdx_overlay__markets_aligned') }} as markets
            where markets.data_set = quotes.data_set
        ) as rows_kept_count,
        0 as rows_rejected_count
    from {{ ref('int_cdx_overlay__index_quotes_screened') }} as quotes
    where quotes.reject_reason is null
    group by quotes.data_set

),

backtest as (

    -- Runs with missing_signal_policy drop_row leave out sessions without a signal, as the replaced
    -- systems do; repriced runs leave out sessions on which the contract has no mark.
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
    inner join {{ ref('int_cdx_overlay__strategies_resolved') }} as strategies
        on inputs.run_id = strategies.run_id
    left join {{ ref('int_cdx_overlay__positions_simulated') }} as days
        on inputs.run_id = days.run_id and inputs.session_date = days.session_date::date
    group by strategies.strategy_code, strategies.data_set

),

-- The reasons behind these counts are in cds_bond.fct_sample_attrition.
bond_screening as (

    select
        counted.step_name,
        'desk' as data_set,
        max(delivered.row_count) as rows_in_count,
        sum(counted.row_count) filter (where counted.reject_reason = 'kept') as rows_kept_count,
        sum(counted.row_count) filter (where counted.reject_reason <> 'kept')
            as rows_rejected_count
    from {{ ref('int_cds_bond__rows_counted') }} as counted
    inner join delivered
        on lower(counted.source_name) = lower(delivered.source_name) and delivered.data_set = 'desk'
    group by counted.step_name

),

-- Joins of the basis desk; where the lines start and end is compared with the tables in tests/cds_bond.
basis_joins as (

    select
        attrition.method || '_' || attrition.population || '_' || attrition.step as step_name,
        'desk' as data_set,
        arg_min(attrition.rows_in, attrition.line_number) as rows_in_count,
        arg_max(attrition.rows_out, attrition.line_number) as rows_kept_count,
        sum(attrition.rows_dropped) as rows_rejected_count,
        sum(attrition.rows_added) as rows_added_count
    from {{ ref('fct_sample_attrition') }} as attrition
    group by attrition.method, attrition.population, attrition.step

),

steps as (

    select * from screening
    union all
    select
        bond_screening.step_name,
        bond_screening.data_set,
        bond_screening.rows_in_count,
        coalesce(bond_screening.rows_kept_count, 0) as rows_kept_count,
        coalesce(bond_screening.rows_rejected_count, 0) as rows_rejected_count
    from bond_screening
    union all
    select * from alignment
    union all
    select * from backtest

),

stacked as (

    select
        steps.*,
        0 as rows_added_count
    from steps
    union all
    select * from basis_joins

),

final as (

    select
        stacked.step_name,
        stacked.data_set,
        stacked.rows_in_count::bigint as rows_in_count,
        stacked.rows_kept_count::bigint as rows_kept_count,
        stacked.rows_rejected_count::bigint as rows_rejected_count,
        stacked.rows_added_count::bigint as rows_added_count,
        stacked.rows_in_count + stacked.rows_added_count
        = stacked.rows_kept_count + stacked.rows_rejected_count as is_balanced
    from stacked

)

select * from final
