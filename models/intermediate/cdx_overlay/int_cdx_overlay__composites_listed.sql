-- Members of composites, a quoted twin of each composite with a signal that has one, and the variants of
-- composites that points of sweeps trade.
-- Grain: one row per composite_code, signal_code and regime.
-- The twin has the quoted twin of each signal, and the signal itself where it has none.
-- Weights of a variant are those of the sweep beside those of the catalog, scaled to the sum that they had.

with

members as (

    select
        composites.*,
        twins.signal_code as twin_signal_code
    from {{ ref('composites') }} as composites
    left join {{ ref('int_cdx_overlay__signals_listed') }} as twins
        on composites.signal_code = twins.twin_of

),

-- The composite itself with what a sweep changes in it and in its signals.
changed as (

    select
        members.* exclude (members.twin_signal_code) replace (
            scores.score_code as composite_code,
            coalesce(own.variant_code, members.signal_code) as signal_code,
            coalesce((own.settings_json ->> 'weight_ratio')::double, members.weight_ratio) as weight_ratio,
            {% for column in swept_columns('composites') if column.name != 'weight_ratio' -%}
                coalesce(
                    (whole.settings_json ->> '{{ column.name }}')::{{ column.data_type }},
                    members.{{ column.name }}
                ) as {{ column.name }}{{ ',' if not loop.last }}
            {% endfor -%}
        ),
        members.weight_ratio as own_weight_ratio
    from (
        select distinct
            listed.score_code,
            listed.base_code
        from {{ ref('int_cdx_overlay__sweep_scores_listed') }} as listed
    ) as scores
    inner join members on scores.base_code = members.composite_code
    left join {{ ref('int_cdx_overlay__sweep_scores_listed') }} as own
        on scores.score_code = own.score_code and members.signal_code = own.signal_code
    left join {{ ref('int_cdx_overlay__sweep_scores_listed') }} as whole
        on scores.score_code = whole.score_code and scores.base_code = whole.signal_code

),

sums as (

    select
        changed.composite_code,
        changed.regime,
        {{ exact_sum('changed.weight_ratio', 'dec') }} as weight_ratio,
        {{ exact_sum('changed.own_weight_ratio', 'dec') }} as own_weight_ratio
    from changed
    group by changed.composite_code, changed.regime

),

final as (

    select
        members.* exclude (members.twin_signal_code),
        null::varchar as twin_of
    from members
    union all by name
    select
        members.* exclude (members.twin_signal_code) replace (
            members.composite_code || '@quoted' as composite_code,
            coalesce(members.twin_signal_code, members.signal_code) as signal_code
        ),
        members.composite_code as twin_of
    from members
    qualify count(members.twin_signal_code) over (partition by members.composite_code) > 0
    union all by name
    select
        changed.* exclude (changed.own_weight_ratio) replace (
            changed.weight_ratio * sums.own_weight_ratio / nullif(sums.weight_ratio, 0) as weight_ratio
        ),
        null::varchar as twin_of
    from changed
    inner join sums on changed.composite_code = sums.composite_code and changed.regime = sums.regime

)

select * from final
