-- Every run with the family that it is judged in and the trial that it measures.
-- Grain: one row per run_id.
-- A trial is a choice of rules, signal, market and settings. Its name, its description and the data of the
-- day do not make another one; nor does a companion, which measures the trial of its strategy
-- again. A passive seller is what trials are measured against. A point belongs to the family of its strategy.

with

strategies as (

    select * from {{ ref('int_cdx_overlay__strategies_resolved') }}

),

described as (

    select
        strategies.strategy_code,
        coalesce(origins.signal_code, strategies.signal_code) as signal_code,
        strategies.signal_json,
        strategies.market_json,
        coalesce(strategies.sweep_of, strategies.strategy_code) as catalog_code,
        to_json({
            {% for rule in swept_columns('strategies') if rule.name != 'pnl_model' -%}
                '{{ rule.name }}': strategies.{{ rule.name }}{{ ',' if not loop.last }}
            {% endfor %}
        })::varchar as rules_json
    from strategies
    left join strategies as origins on strategies.sweep_of = origins.strategy_code

),

final as (

    select
        strategies.* exclude (strategies.market_json),
        described.rules_json,
        strategies.companion_of is null and not strategies.is_benchmark as is_trial,
        coalesce(families.family_code, described.signal_code) as family_code,
        md5(concat(described.rules_json, described.market_json, described.signal_json)) as trial_id
    from strategies
    inner join described
        on coalesce(strategies.companion_of, strategies.strategy_code) = described.strategy_code
    left join {{ ref('strategy_families') }} as families
        on described.catalog_code = families.strategy_code

)

select * from final
