-- Every run ever published here, and those of this build: what it was, when it was seen, what it earned.
-- Grain: one row per run_id.

{% set is_own = "records.build_id = '" ~ invocation_id ~ "'" %}

with

earlier as (

    select * from {{ ref('stg_build__run_ledger') }}

),

present as (

    select
        '{{ invocation_id }}' as build_id,
        '{{ run_started_at }}'::timestamp as built_at,
        '{{ var("lost_run_ledger") }}' = 'restart' and not exists (from earlier) as is_restart,
        trials.run_id,
        trials.trial_id,
        tests.leader_trial_id,
        trials.family_code,
        trials.strategy_code,
        trials.is_trial,
        trials.rules_json,
        trials.signal_json,
        trials.data_fingerprint,
        tests.recorded_sharpe_ratio as session_sharpe_ratio,
        tests.session_count,
        tests.first_month_date,
        tests.monthly_return_dec,
        tests.joined_trial_numbers,
        tests.joined_sharpe_ratio,
        tests.joined_equivalent_count,
        {% if var('holdout') == 'opened' and var('holdout_first_date') -%}
            date '{{ var("holdout_first_date") }}'
        {%- else -%} null::date {%- endif %} as holdout_first_date
    from {{ ref('int_cdx_overlay__trials_identified') }} as trials
    inner join {{ ref('int_cdx_overlay__selection_tested') }} as tests
        on trials.run_id = tests.run_id

),

records as (

    select
        earlier.*,
        coalesce(len(earlier.joined_trial_numbers), 0) as joined_count
    from earlier
    union all by name
    select
        present.*,
        coalesce(len(present.joined_trial_numbers), 0) as joined_count
    from present

),

openings as (

    select
        records.family_code,
        count(distinct records.build_id) filter (where records.holdout_first_date is not null)
            as holdout_access_count
    from records
    group by records.family_code

),

final as (

    select
        records.run_id,
        arg_max(records.trial_id, records.built_at) as trial_id,
        arg_max(records.leader_trial_id, records.built_at) as leader_trial_id,
        arg_max(records.family_code, records.built_at) as family_code,
        arg_max(records.strategy_code, records.built_at) as strategy_code,
        bool_and(records.is_trial) as is_trial,
        max(records.rules_json) as rules_json,
        max(records.signal_json) as signal_json,
        max(records.data_fingerprint) as data_fingerprint,
        arg_max(records.session_sharpe_ratio, records.built_at) as session_sharpe_ratio,
        arg_max(records.session_count, records.built_at)::integer as session_count,
        arg_min(records.build_id, records.built_at) as first_build_id,
        min(records.built_at) as first_built_at,
        arg_max(records.build_id, records.built_at) as last_build_id,
        max(records.built_at) as last_built_at,
        count(*)::integer as build_count,
        max(records.first_month_date) as first_month_date,
        max(records.monthly_return_dec) as monthly_return_dec,
        sum(records.joined_count)::integer as joined_trial_count,
        max(records.joined_trial_numbers) filter (where {{ is_own }}) as joined_trial_numbers,
        max(records.joined_sharpe_ratio) filter (where {{ is_own }}) as joined_sharpe_ratio,
        max(records.joined_equivalent_count) filter (where {{ is_own }}) as joined_equivalent_count,
        max(records.holdout_first_date) filter (where {{ is_own }}) as holdout_first_date,
        arg_max(openings.holdout_access_count, records.built_at)::integer as holdout_access_count,
        if(bool_or(bool_or(records.is_restart)) over (), 'restarted', 'whole') as ledger_status
    from records
    inner join openings on records.family_code = openings.family_code
    group by records.run_id

)

select * from final
