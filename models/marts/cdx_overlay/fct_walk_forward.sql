-- What choosing the best run of a family is worth out of sample: the choice of each split, what it did.
-- Grain: one row per family_code, scheme and split_number.

with

dates as (

    select
        folds.family_code,
        folds.scheme,
        folds.split_number,
        min(folds.first_date) filter (where folds.part = 'train') as train_first_date,
        max(folds.last_date) filter (where folds.part = 'train') as train_last_date,
        min(folds.first_date) filter (where folds.part = 'test') as test_first_date,
        max(folds.last_date) filter (where folds.part = 'test') as test_last_date
    from {{ ref('fct_walk_forward_folds') }} as folds
    group by folds.family_code, folds.scheme, folds.split_number

),

final as (

    select
        walked.family_code,
        walked.scheme,
        walked.split_number::integer as split_number,
        dates.train_first_date,
        dates.train_last_date,
        dates.test_first_date,
        dates.test_last_date,
        walked.train_session_count::integer as train_session_count,
        walked.test_session_count::integer as test_session_count,
        walked.candidate_count::integer as candidate_count,
        walked.run_id,
        trials.strategy_code,
        walked.train_sharpe_ratio,
        walked.test_return_dec,
        walked.test_return_dec * trials.capital_usd as test_net_pnl_usd,
        walked.test_sharpe_ratio,
        walked.median_test_sharpe_ratio,
        walked.scheme_sharpe_ratio,
        walked.split_status
    from {{ ref('int_cdx_overlay__folds_walked') }} as walked
    inner join dates
        on
            walked.family_code = dates.family_code
            and walked.scheme = dates.scheme
            and walked.split_number = dates.split_number
    left join {{ ref('int_cdx_overlay__trials_identified') }} as trials on walked.run_id = trials.run_id

)

select * from final
