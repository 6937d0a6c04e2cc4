-- Enabled signals, a quoted twin of each that looks at levels without the jumps of rolls, and the variants of
-- signals that points of sweeps trade.
-- Grain: one row per signal_code.
-- A twin is the same signal on quoted levels, CODE@quoted; rpt_roll_in_signals compares what strategies earn.
-- A variant is CODE[column=value,...], one row however many points trade it.

with

signals as (

    select * from {{ ref('signals') }}
    where is_enabled

),

variants as (

    select
        scores.variant_code,
        scores.signal_code,
        arg_min(scores.settings_json, scores.score_code) as settings_json
    from {{ ref('int_cdx_overlay__sweep_scores_listed') }} as scores
    where scores.variant_code <> scores.signal_code
    group by scores.variant_code, scores.signal_code

),

final as (

    select
        signals.*,
        null::varchar as twin_of
    from signals
    union all by name
    select
        signals.* replace (signals.signal_code || '@quoted' as signal_code, 'quoted' as level),
        signals.signal_code as twin_of
    from signals
    where signals.level = 'roll_adjusted'
    union all by name
    select
        signals.* replace (
            {% for column in swept_columns('signals') -%}
                coalesce(
                    (variants.settings_json ->> '{{ column.name }}')::{{ column.data_type }},
                    signals.{{ column.name }}
                ) as {{ column.name }},
            {% endfor -%}
            variants.variant_code as signal_code
        )
    from signals
    inner join variants on signals.signal_code = variants.signal_code

)

select * from final
