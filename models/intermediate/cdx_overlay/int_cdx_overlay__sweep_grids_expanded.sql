-- Grids that sweeps lay over strategies, point by point, with the name and the values of each.
-- Grain: one row per strategy_code.
-- A point is named by its values, and a value is written in one way: 1.50 and 1.5 are one.

{% set rules = swept_columns('strategies') | map(attribute='name') | list %}

with recursive

parts as (

    select
        sweeps.* exclude (sweeps.parameter_values, sweeps.is_enabled),
        unnest(string_split(sweeps.parameter_values, ';')) as part,
        generate_subscripts(string_split(sweeps.parameter_values, ';'), 1) as part_number
    from {{ ref('sweeps') }} as sweeps
    where sweeps.is_enabled

),

-- A range is low:high:step; a value alone is a range of one step.
ends as (

    select
        parts.*,
        try_cast(split_part(parts.part, ':', 1) as decimal(18, 8)) as low_value,
        try_cast(split_part(parts.part, ':', 2) as decimal(18, 8)) as high_value,
        try_cast(split_part(parts.part, ':', 3) as decimal(18, 8)) as step_value
    from parts

),

steps as (

    select
        ends.*,
        unnest(range(
            1 + coalesce(floor((ends.high_value - ends.low_value) / ends.step_value + 1e-9), 0)::bigint
        )) as step_number
    from ends

),

spelled as (

    select
        steps.*,
        coalesce((steps.low_value + steps.step_number * steps.step_value)::varchar, trim(steps.part)) as text
    from steps

),

axes as (

    select
        spelled.sweep_code,
        spelled.strategy_code,
        spelled.parameter,
        spelled.keep_days,
        dense_rank() over (
            partition by spelled.sweep_code, spelled.strategy_code order by spelled.parameter
        ) as parameter_number,
        row_number() over (
            partition by spelled.sweep_code, spelled.strategy_code, spelled.parameter
            order by spelled.part_number, spelled.step_number
        ) as place,
        case
            when try_cast(spelled.text as double) is null then spelled.text
            when spelled.text::double = floor(spelled.text::double)
                then spelled.text::double::bigint::varchar
            else spelled.text::double::varchar
        end as point_value
    from spelled

),

settings as (

    select
        axes.*,
        axes.parameter || '=' || axes.point_value as setting,
        '"' || axes.parameter || '":"' || axes.point_value || '"' as json_setting,
        -- The values that make another score; the others are rules.
        if(axes.parameter in {{ rules }}, '', axes.parameter || '=' || axes.point_value || ',')
            as score_setting,
        max(axes.parameter_number) over (
            partition by axes.sweep_code, axes.strategy_code
        ) as parameter_count
    from axes

),

-- One parameter after another: every point so far, once for each value of the next parameter.
combined as (

    select
        settings.sweep_code,
        settings.strategy_code as sweep_of,
        settings.keep_days,
        settings.parameter_number,
        settings.parameter_count,
        [settings.place] as place_number,
        settings.json_setting as json_text,
        settings.setting as point_text,
        settings.score_setting as score_text
    from settings
    where settings.parameter_number = 1
    union all
    select
        combined.sweep_code,
        combined.sweep_of,
        combined.keep_days,
        settings.parameter_number,
        combined.parameter_count,
        list_append(combined.place_number, settings.place) as place_number,
        combined.json_text || ',' || settings.json_setting as json_text,
        combined.point_text || ',' || settings.setting as point_text,
        combined.score_text || settings.score_setting as score_text
    from combined
    inner join settings
        on
            combined.sweep_code = settings.sweep_code
            and combined.sweep_of = settings.strategy_code
            and combined.parameter_number + 1 = settings.parameter_number

),

final as (

    select
        combined.sweep_code || '/' || combined.sweep_of || '[' || combined.point_text || ']'
            as strategy_code,
        combined.sweep_code,
        combined.sweep_of,
        combined.keep_days,
        '{' || combined.json_text || '}' as point_values_json,
        combined.place_number,
        coalesce('{' || combined.json_text || '}' ->> 'signal_code', strategies.signal_code) as base_code,
        rtrim(combined.score_text, ',') as score_text
    from combined
    inner join {{ ref('strategies') }} as strategies on combined.sweep_of = strategies.strategy_code
    where combined.parameter_number = combined.parameter_count

)

select * from final
