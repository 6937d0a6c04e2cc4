-- Points of the grids that sweeps lay over strategies: a combination of values, and the score that they make.
-- Grain: one row per strategy_code.
-- A point is named by its values. Values of a score that it has anyway make no other score, and two sweeps
-- that vary a score in the same way share it: a definition is scored once, whatever is traded by it.

{% set rules = swept_columns('strategies') | map(attribute='name') | list %}

with recursive

axes as (

    select
        sweeps.sweep_code,
        sweeps.strategy_code,
        sweeps.parameter,
        sweeps.keep_days,
        row_number() over (
            partition by sweeps.sweep_code, sweeps.strategy_code order by sweeps.parameter
        ) as parameter_number,
        count(*) over (partition by sweeps.sweep_code, sweeps.strategy_code) as parameter_count,
        flatten(list_transform(
            string_split(sweeps.parameter_values, ';'),
            lambda text: if(
                contains(text, ':'),
                list_transform(
                    range(1 + floor(
                        (split_part(text, ':', 2)::double - split_part(text, ':', 1)::double)
                        / split_part(text, ':', 3)::double + 1e-9
                    )::bigint),
                    lambda step: (
                        split_part(text, ':', 1)::decimal(18, 8)
                        + step * split_part(text, ':', 3)::decimal(18, 8)
                    )::varchar
                ),
                [trim(text)]
            )
        )) as texts
    from {{ ref('sweeps') }} as sweeps
    where sweeps.is_enabled

),

steps as (

    select
        axes.* exclude (axes.texts),
        generate_subscripts(axes.texts, 1) as place,
        unnest(axes.texts) as text
    from axes

),

named as (

    select
        steps.* exclude (steps.text),
        case
            when try_cast(steps.text as double) is null then steps.text
            when steps.text::double = floor(steps.text::double) then steps.text::double::bigint::varchar
            else steps.text::double::varchar
        end as plain_value
    from steps

),

-- One parameter after another: every point so far, once for each value of the next parameter.
combined as (

    select
        named.sweep_code,
        named.strategy_code as sweep_of,
        named.keep_days,
        named.parameter_number,
        named.parameter_count,
        [named.place] as places,
        map([named.parameter], [named.plain_value]) as point_values,
        if(named.parameter in {{ rules }}, '', named.parameter || '=' || named.plain_value || ',') as score_text
    from named
    where named.parameter_number = 1
    union all
    select
        combined.sweep_code,
        combined.sweep_of,
        combined.keep_days,
        named.parameter_number,
        combined.parameter_count,
        list_append(combined.places, named.place) as places,
        map_concat(combined.point_values, map([named.parameter], [named.plain_value])) as point_values,
        combined.score_text
        || if(named.parameter in {{ rules }}, '', named.parameter || '=' || named.plain_value || ',') as score_text
    from combined
    inner join named
        on
            combined.sweep_code = named.sweep_code
            and combined.sweep_of = named.strategy_code
            and combined.parameter_number + 1 = named.parameter_number

),

points as (

    select
        combined.*,
        coalesce(combined.point_values['signal_code'], strategies.signal_code) as base_code
    from combined
    inner join {{ ref('strategies') }} as strategies on combined.sweep_of = strategies.strategy_code
    where combined.parameter_number = combined.parameter_count

),

-- What may vary of a score: its signals, and how a composite weighs them.
members as (

    select
        signals.signal_code as base_code,
        signals.signal_code,
        '' as prefix,
        to_json(signals) as member_json
    from {{ ref('signals') }} as signals
    union all
    select
        composites.composite_code as base_code,
        composites.signal_code,
        composites.signal_code || '.' as prefix,
        to_json(signals) as member_json
    from {{ ref('composites') }} as composites
    inner join {{ ref('signals') }} as signals on composites.signal_code = signals.signal_code
    union all
    select
        composites.composite_code as base_code,
        composites.signal_code,
        composites.signal_code || '.' as prefix,
        to_json({'weight_ratio': composites.weight_ratio}) as member_json
    from {{ ref('composites') }} as composites
    union all
    select
        composites.composite_code as base_code,
        composites.composite_code as signal_code,
        '' as prefix,
        to_json({
            'missing_policy': composites.missing_policy,
            'rescale_window_sessions': composites.rescale_window_sessions,
            'rescale_min_sessions': composites.rescale_min_sessions
        }) as member_json
    from {{ ref('composites') }} as composites

),

asked as (

    select
        scores.base_code,
        scores.score_text,
        unnest(string_split(rtrim(scores.score_text, ','), ',')) as setting
    from (
        select distinct points.base_code, points.score_text from points where points.score_text <> ''
    ) as scores

),

settings as (

    select
        asked.*,
        split_part(split_part(asked.setting, '=', 1), '.', -1) as setting_name,
        if(
            contains(split_part(asked.setting, '=', 1), '.'), split_part(asked.setting, '.', 1), null
        ) as only_signal_code,
        split_part(asked.setting, '=', 2) as setting_value
    from asked

),

changes as (

    select distinct
        settings.base_code,
        settings.score_text,
        members.signal_code,
        members.prefix,
        settings.setting_name,
        settings.setting_value
    from settings
    inner join members
        on
            settings.base_code = members.base_code
            and json_exists(members.member_json, settings.setting_name)
            and coalesce(settings.only_signal_code = members.signal_code, settings.only_signal_code is null)
    where
        members.member_json ->> settings.setting_name is distinct from settings.setting_value
        and coalesce(
            try_cast(members.member_json ->> settings.setting_name as double)
            <> try_cast(settings.setting_value as double),
            true
        )

),

definitions as (

    select
        changes.base_code,
        changes.score_text,
        string_agg(
            changes.prefix || changes.setting_name || '=' || changes.setting_value, ','
            order by changes.prefix, changes.setting_name
        ) as changed_text,
        list({
            'signal_code': changes.signal_code,
            'setting_name': changes.setting_name,
            'setting_value': changes.setting_value
        } order by changes.prefix, changes.setting_name) as changes
    from changes
    group by changes.base_code, changes.score_text

),

final as (

    select
        points.sweep_code || '/' || points.sweep_of || '[' || array_to_string(
            list_transform(map_entries(points.point_values), lambda entry: entry.key || '=' || entry.value), ','
        ) || ']' as strategy_code,
        points.sweep_code,
        points.sweep_of,
        points.keep_days,
        points.point_values,
        points.places,
        points.base_code,
        points.base_code || coalesce('[' || definitions.changed_text || ']', '') as signal_code,
        definitions.changes
    from points
    left join definitions
        on points.base_code = definitions.base_code and points.score_text = definitions.score_text

)

select * from final
