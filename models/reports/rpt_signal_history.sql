-- Signals and composites of the desk's instruments at the last session of every week, for the signal chart.
-- Grain: one row per score_code, instrument_code and date.
-- Sign: positive = long credit risk = protection sold.

with

scores as (

    select
        signals.signal_code as score_code,
        'signal' as kind,
        signals.method,
        signals.instrument_code,
        signals.date,
        signals.signal as score
    from {{ ref('fct_signal_scores') }} as signals
    union all
    select
        composites.composite_code as score_code,
        'composite' as kind,
        definitions.method,
        composites.instrument_code,
        composites.date,
        composites.score
    from {{ ref('fct_composite_scores') }} as composites
    inner join {{ ref('dim_signals') }} as definitions
        on composites.composite_code = definitions.score_code

),

final as (

    select
        scores.score_code,
        scores.instrument_code,
        scores.date,
        scores.kind,
        scores.method,
        scores.score
    from scores
    where scores.score is not null
    qualify
        row_number() over (
            partition by
                scores.score_code, scores.instrument_code, date_trunc('week', scores.date)
            order by scores.date desc
        ) = 1

)

select * from final
