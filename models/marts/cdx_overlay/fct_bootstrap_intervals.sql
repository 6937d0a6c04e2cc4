-- Intervals of the Sharpe ratio and the return of every tested run, by the stationary bootstrap.
-- Grain: one row per run_id and confidence_share.

with

intervals as (

    select
        tests.run_id,
        tests.block_sessions,
        unnest(tests.confidence_shares) as confidence_share,
        unnest(tests.sharpe_ratio_lows) as low_sharpe_ratio,
        unnest(tests.sharpe_ratio_highs) as high_sharpe_ratio,
        unnest(tests.annualised_return_dec_lows) as low_annualised_return_dec,
        unnest(tests.annualised_return_dec_highs) as high_annualised_return_dec
    from {{ ref('int_cdx_overlay__selection_tested') }} as tests
    where tests.test_status = 'ok'

),

final as (

    select
        intervals.run_id,
        trials.strategy_code,
        intervals.confidence_share,
        intervals.low_sharpe_ratio,
        intervals.high_sharpe_ratio,
        intervals.low_annualised_return_dec,
        intervals.high_annualised_return_dec,
        intervals.block_sessions
    from intervals
    inner join {{ ref('int_cdx_overlay__trials_identified') }} as trials
        on intervals.run_id = trials.run_id

)

select * from final
