-- Points of sweeps, and the score that each trades: of the catalog, or one with settings of its own.
-- Grain: one row per strategy_code.
-- Settings that a score has anyway make no other score, and sweeps that change a score in the same way share
-- it: a definition is scored once, whatever is traded by it.

with

points as (

    select * from {{ ref('int_cdx_overlay__sweep_grids_expanded') }}

),

-- What may change in a score: its signals, how a composite weighs them, and the composite as a whole.
members as (

    select
        signals.signal_code as base_code,
        signals.signal_code,
        '' as prefix,
        to_json(signals) as member_json  -- noqa: RF02
    from {{ ref('signals') }} as signals
    union all
    select
        composites.composite_code as base_code,
        composites.signal_code,
        composites.signal_code || '.' as prefix,
        to_json(signals) as member_json  -- noqa: RF02
    from {{ ref('composites') }} as composites
    inner join {{ ref('signals') }} as signals on composites.signal_code = signals.signal_code
    union all
    select
        composites.composite_code as base_code,
        composites.signal_code,
        composites.signal_code || '.' as prefix,
        json_object('weight_ratio', composites.weight_ratio) as member_json
    from {{ ref('composites') }} as composites
    union all
    select
        composites.composite_code as base_code,
        composites.composite_code as signal_code,
        '' as prefix,
        json_object(
            {% for column in swept_columns('composites') if column.name != 'weight_ratio' -%}
                '{{ column.name }}', composites.{{ column.name }}{{ ',' if not loop.last }}
            {% endfor %}
        ) as member_json
    from {{ ref('composites') }} as composites

),

asked as (

    select distinct
        points.base_code,
        points.score_text
    from points
    where points.score_text <> ''

),

settings as (

    select
        asked.base_code,
        asked.score_text,
        unnest(string_split(asked.score_text, ',')) as setting
    from asked

),

named as (

    select
        settings.base_code,
        settings.score_text,
        split_part(settings.setting, '=', 1) as parameter,
        split_part(split_part(settings.setting, '=', 1), '.', -1) as setting_name,
        split_part(settings.setting, '=', 2) as setting_value
    from settings

),

compared as (

    select
        named.*,
        members.signal_code,
        members.prefix,
        members.member_json ->> named.setting_name as own_value
    from named
    inner join members
        on
            named.base_code = members.base_code
            and json_exists(members.member_json, named.setting_name)
            and named.parameter in (named.setting_name, members.signal_code || '.' || named.setting_name)

),

changes as (

    select distinct
        compared.base_code,
        compared.score_text,
        compared.signal_code,
        compared.prefix,
        compared.setting_name,
        compared.setting_value
    from compared
    where
        compared.own_value is distinct from compared.setting_value
        and coalesce(
            try_cast(compared.own_value as double) <> try_cast(compared.setting_value as double), true
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
        points.* exclude (points.score_text),
        points.base_code || coalesce('[' || definitions.changed_text || ']', '') as signal_code,
        definitions.changes
    from points
    left join definitions
        on points.base_code = definitions.base_code and points.score_text = definitions.score_text

)

select * from final
