-- Scores that only points of sweeps trade: what each changes in a signal, or in the composite itself.
-- Grain: one row per score_code and signal_code.
-- signal_code is the composite where the settings are those of the whole.

with

changes as (

    select
        scores.score_code,
        scores.base_code,
        unnest(scores.changes, recursive := true)
    from (
        select distinct
            points.signal_code as score_code,
            points.base_code,
            points.changes
        from {{ ref('int_cdx_overlay__sweep_points_listed') }} as points
        where points.signal_code <> points.base_code
    ) as scores

),

final as (

    select
        changes.score_code,
        changes.base_code,
        changes.signal_code,
        changes.signal_code || coalesce('[' || string_agg(
            changes.setting_name || '=' || changes.setting_value, ',' order by changes.setting_name
        ) filter (where changes.setting_name <> 'weight_ratio') || ']', '') as variant_code,
        map(
            list(changes.setting_name order by changes.setting_name),
            list(changes.setting_value order by changes.setting_name)
        ) as settings
    from changes
    group by changes.score_code, changes.base_code, changes.signal_code

)

select * from final
