-- Scores that only points of sweeps trade: what each changes in a signal, or in the composite itself.
-- Grain: one row per score_code and signal_code.
-- signal_code is the composite where the settings are those of the whole.

with

changes as (

    select
        scores.score_code,
        scores.base_code,
        unnest(scores.changes) as change
    from (
        select distinct
            points.signal_code as score_code,
            points.base_code,
            points.changes
        from {{ ref('int_cdx_overlay__sweep_points_listed') }} as points
        where points.signal_code <> points.base_code
    ) as scores

),

settings as (

    select
        changes.score_code,
        changes.base_code,
        changes.change.signal_code as signal_code,  -- noqa
        changes.change.setting_name as setting_name,  -- noqa
        changes.change.setting_value as setting_value  -- noqa
    from changes

),

final as (

    select
        settings.score_code,
        settings.base_code,
        settings.signal_code,
        settings.signal_code || coalesce('[' || string_agg(
            settings.setting_name || '=' || settings.setting_value, ',' order by settings.setting_name
        ) filter (where settings.setting_name <> 'weight_ratio') || ']', '') as variant_code,
        '{' || string_agg(
            '"' || settings.setting_name || '":"' || settings.setting_value || '"', ','
            order by settings.setting_name
        ) || '}' as settings_json
    from settings
    group by settings.score_code, settings.base_code, settings.signal_code

)

select * from final
