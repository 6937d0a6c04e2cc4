-- Level of the next close at which a strategy's score crosses each threshold: entries, or exit and reversal.
-- Grain: one row per run_id and threshold_code.
-- Method: levels up to 20 daily deviations away, an eighth apart, then thrice a hundred times finer around
-- the crossing nearest to the last close. A crossing that turns back within an eighth is not seen.
-- Tie-break: of two crossings as near the tighter one.
-- Drops: thresholds that a strategy does not have.
-- noqa: disable=LT02,ST05

with

prepared as (

    select * from {{ ref('int_cdx_overlay__next_scores_prepared') }}

),

held as (

    select
        held.*,
        scores.spread_bps as score_spread_bps,
        scores.spread_bps is not null and held.daily_deviation_bps > 0 as has_score
    from {{ ref('int_cdx_overlay__holdings_decided') }} as held
    left join (
        select distinct
            prepared.score_code,
            prepared.market_code,
            prepared.spread_bps
        from prepared
    ) as scores
        on held.signal_code = scores.score_code and held.score_market_code = scores.market_code

),

-- A score s is across where score_ratio * s + size_ratio * abs(s) + constant_z >= 0.
thresholds as (

    select
        held.*,
        rules.threshold_code,
        case rules.threshold_code
            when 'enter_long' then held.entry_threshold
            when 'enter_short' then -held.entry_threshold
            when 'exit' then if(held.exit_basis = 'signed', held.decided_sign, 1) * held.exit_z
            else -held.decided_sign * held.reverse_z
        end as threshold_z,
        case
            when rules.threshold_code = 'exit' and held.exit_basis <> 'signed' then 0
            when held.decided_sign = 0 then rules.side
            else -held.decided_sign
        end as score_ratio,
        if(score_ratio = 0, -1, 0) as size_ratio,
        if(rules.threshold_code = 'exit', held.exit_z, -abs(threshold_z)) as constant_z
    from held
    inner join (
        values ('enter_long', 1, true), ('enter_short', -1, true), ('exit', 0, false), ('reverse', 0, false)
    ) as rules (threshold_code, side, is_entry)
        on (held.decided_sign = 0) = rules.is_entry
    where rules.threshold_code <> 'reverse' or held.opposite_signal_policy <> 'hold'

),

levels as (

    select distinct
        held.signal_code as score_code,
        held.score_market_code as market_code,
        held.score_spread_bps + steps.step_number * held.daily_deviation_bps / 8 as level_bps,
        steps.step_number
    from held
    cross join (select unnest(range(-160, 161)) as step_number) as steps

),

scores as (

    {{ scores_at('levels') }}

),

coarse as (

    select
        thresholds.run_id,
        thresholds.threshold_code,
        thresholds.signal_code as score_code,
        thresholds.score_market_code as market_code,
        thresholds.score_ratio,
        thresholds.size_ratio,
        thresholds.constant_z,
        levels.level_bps,
        sign(levels.step_number) * thresholds.daily_deviation_bps / 8 as width_bps,
        levels.step_number
    from thresholds
    inner join levels
        on thresholds.signal_code = levels.score_code and thresholds.score_market_code = levels.market_code
    inner join scores
        on
            levels.score_code = scores.score_code
            and levels.market_code = scores.market_code
            and levels.level_bps = scores.level_bps
    where
        thresholds.score_ratio * scores.score + thresholds.size_ratio * abs(scores.score)
        + thresholds.constant_z >= 0
        and (levels.level_bps > 0 or thresholds.market_code <> thresholds.instrument_code)
    qualify
        row_number() over (
            partition by thresholds.run_id, thresholds.threshold_code
            order by abs(levels.step_number), levels.step_number
        ) = 1

),

{% for before, finer in [('coarse', 'fine'), ('fine', 'finer'), ('finer', 'finest')] %}
{{ finer }}_levels as (

    select
        found.* replace (
            found.level_bps - found.width_bps * (100 - steps.step_number) / 100 as level_bps,
            found.width_bps / 100 as width_bps
        ),
        steps.step_number as part_number
    from {{ before }} as found
    cross join (select unnest(range(1, 101)) as step_number) as steps
    where found.step_number <> 0

),

{{ finer }}_scores as (

    {{ scores_at(finer ~ '_levels') }}

),

{{ finer }} as (

    select levels.* exclude (levels.part_number)
    from {{ finer }}_levels as levels
    inner join {{ finer }}_scores as scores
        on
            levels.score_code = scores.score_code
            and levels.market_code = scores.market_code
            and levels.level_bps = scores.level_bps
    where levels.score_ratio * scores.score + levels.size_ratio * abs(scores.score) + levels.constant_z >= 0
    qualify
        row_number() over (
            partition by levels.run_id, levels.threshold_code order by levels.part_number
        ) = 1

),

{% endfor %}
final as (

    select
        thresholds.run_id,
        thresholds.threshold_code,
        thresholds.strategy_code,
        thresholds.score_market_code as market_code,
        thresholds.session_date,
        thresholds.threshold_z,
        thresholds.score_spread_bps as spread_bps,
        thresholds.score,
        thresholds.next_action,
        if(thresholds.is_waiting, null, finest.level_bps) as level_bps,
        case
            when thresholds.is_waiting then 'waits'
            when not thresholds.has_score then 'no_score'
            when coarse.step_number = 0 then 'crossed_if_unchanged'
            when finest.level_bps is null then 'not_in_reach'
            else 'ok'
        end as level_status
    from thresholds
    left join coarse
        on thresholds.run_id = coarse.run_id and thresholds.threshold_code = coarse.threshold_code
    left join finest
        on thresholds.run_id = finest.run_id and thresholds.threshold_code = finest.threshold_code
)

select * from final
