-- What signals are judged by, a row a test: the week after a score, and the weakest of all horizons.
-- Grain: one row per judged_code, instrument_code and test_code.

{% set horizon_sessions = 5 %}

with

horizons as (

    select
        diagnostics.score_code,
        diagnostics.instrument_code,
        min(diagnostics.spearman_ic_ratio) as weakest_ic_ratio,
        count(*) = count(diagnostics.spearman_ic_ratio) as is_known_at_all
    from {{ ref('int_cdx_overlay__signals_diagnosed') }} as diagnostics
    where diagnostics.part = 'all'
    group by diagnostics.score_code, diagnostics.instrument_code

),

valued as (

    select
        'signal' as judged_kind,
        diagnostics.score_code as judged_code,
        diagnostics.instrument_code,
        null::varchar as run_id,
        unnest([
            { 'test_code': 'ic_t', 'test_value': diagnostics.newey_west_t_ratio },
            { 'test_code': 'ic_t_among_many', 'test_value': diagnostics.newey_west_t_ratio },
            {
                'test_code': 'weakest_ic',
                'test_value': case when horizons.is_known_at_all then horizons.weakest_ic_ratio end
            },
            { 'test_code': 'same_sign_years', 'test_value': diagnostics.same_sign_year_share },
            { 'test_code': 'half_life', 'test_value': diagnostics.half_life_sessions },
            { 'test_code': 'coverage', 'test_value': diagnostics.coverage_share }
        ]) as test,
        if(diagnostics.diagnostic_status = 'ok', 'no_figure', diagnostics.diagnostic_status)
            as unknown_reason
    from {{ ref('int_cdx_overlay__signals_diagnosed') }} as diagnostics
    inner join horizons
        on
            diagnostics.score_code = horizons.score_code
            and diagnostics.instrument_code = horizons.instrument_code
    where diagnostics.part = 'all' and diagnostics.horizon_sessions = {{ horizon_sessions }}

),

final as (

    select
        valued.* exclude (valued.test),
        valued.test.test_code,
        valued.test.test_value
    from valued

)

select * from final
