-- Composite score: weighted sum of the signals of one instrument, re-standardised where the catalog says so.
-- Grain: one row per composite_code and session_date.
-- Sign: positive = long credit risk = protection sold.
-- Drops: nothing; with missing_policy all_required one missing signal makes the score null, with
-- reweight the others take over its weight.

with

members as (

    select * from {{ ref('int_cdx_overlay__composites_listed') }}

),

-- The regime of a session is known at its close: a third of the VIX history up to it.
scores as (

    select
        scores.*,
        markets.vix_regime
    from {{ ref('int_cdx_overlay__signals_scored') }} as scores
    left join {{ ref('int_cdx_overlay__levels_adjusted') }} as markets
        on
            scores.instrument_code = markets.instrument_code
            and scores.session_date = markets.session_date

),

own_regimes as (

    select distinct
        members.composite_code,
        members.regime
    from members
    where members.regime <> 'any'

),

blended as (

    select
        members.composite_code,
        scores.instrument_code,
        scores.session_date,
        max(members.missing_policy) as missing_policy,
        max(members.rescale_window_sessions) as rescale_window_sessions,
        max(members.rescale_min_sessions) as rescale_min_sessions,
        count(*) as member_count,
        count(scores.signal_z) as contributing_signal_count,
        {{ exact_sum('members.weight_ratio * scores.signal_z', 'dec') }} as weighted_z,
        {{ exact_sum('members.weight_ratio', 'dec', where='scores.signal_z is not null') }}
            as present_weight_ratio,
        {{ exact_sum('members.weight_ratio', 'dec') }} as whole_weight_ratio
    from members
    inner join scores
        on
            members.signal_code = scores.signal_code
            and members.instrument_code = scores.instrument_code
    left join own_regimes
        on
            members.composite_code = own_regimes.composite_code
            and scores.vix_regime = own_regimes.regime
    where members.regime = coalesce(own_regimes.regime, 'any')
    group by members.composite_code, scores.instrument_code, scores.session_date

),

weighted as (

    select
        blended.*,
        case
            when blended.contributing_signal_count = blended.member_count then blended.weighted_z
            when blended.missing_policy = 'reweight'
                then
                    blended.weighted_z
                    * blended.whole_weight_ratio / nullif(blended.present_weight_ratio, 0)
        end as raw_score_z
    from blended

),

rescaled as (

    select
        weighted.*,
        {{ rolling_mean('weighted.raw_score_z', '0.0', 'last_sessions',
            'weighted.rescale_min_sessions') }} as mean_z,
        {{ rolling_deviation('weighted.raw_score_z', '0.0', 'last_sessions',
            'weighted.rescale_min_sessions') }} as deviation_z
    from weighted
    window
        last_sessions as (
            partition by weighted.composite_code
            order by weighted.session_date
            {{ sessions_back('weighted.rescale_window_sessions') }}
        )

),

final as (

    select
        rescaled.composite_code,
        rescaled.instrument_code,
        rescaled.session_date,
        rescaled.raw_score_z,
        case
            when rescaled.rescale_window_sessions is null then rescaled.raw_score_z
            else (rescaled.raw_score_z - rescaled.mean_z) / rescaled.deviation_z
        end as score_z,
        rescaled.contributing_signal_count,
        rescaled.member_count
    from rescaled

)

select * from final
