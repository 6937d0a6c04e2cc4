-- Members of composites, and a quoted twin of each composite with a signal that has one.
-- Grain: one row per composite_code, signal_code and regime.
-- The twin has the quoted twin of each signal, and the signal itself where it has none.

with

members as (

    select
        composites.*,
        twins.signal_code as twin_signal_code
    from {{ ref('composites') }} as composites
    left join {{ ref('int_cdx_overlay__signals_listed') }} as twins
        on composites.signal_code = twins.twin_of

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

)

select * from final
