-- Signals and composites that a strategy can follow.
-- Grain: one row per score_code.

with

composite_formulas as (

    select
        composites.composite_code,
        max(composites.method) as method,
        max(composites.instrument_code) as instrument_code,
        string_agg(
            if(composites.regime = 'any', '', composites.regime || ': ')
            || composites.weight_ratio || ' x ' || composites.signal_code,
            ' + ' order by composites.regime, composites.signal_code
        ) as formula,
        max(composites.rescale_window_sessions) as rescale_window_sessions
    from {{ ref('composites') }} as composites
    group by composites.composite_code

),

final as (

    select
        signals.signal_code as score_code,
        'signal' as kind,
        signals.method,
        null::varchar as instrument_code,
        signals.description,
        signals.indicator || coalesce('(' || signals.indicator_lookback_sessions || ')', '')
        || ' -> ' || signals.score || coalesce('(' || signals.score_window_sessions || ')', '')
        || ' x ' || signals.raw_sign as formula,
        signals.is_enabled
    from {{ ref('signals') }} as signals
    union all
    select
        formulas.composite_code as score_code,
        'composite' as kind,
        formulas.method,
        formulas.instrument_code,
        'Weighted sum of signals' as description,
        formulas.formula
        || coalesce(', z-score over ' || formulas.rescale_window_sessions || ' sessions', '')
            as formula,
        true as is_enabled
    from composite_formulas as formulas

)

select * from final
