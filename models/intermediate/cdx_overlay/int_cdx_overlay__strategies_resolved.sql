-- Strategies and points of sweeps with every rule spelled out: what the catalog leaves empty is the desk's
-- standard; cost and DV01 are the instrument's. A standard strategy appears twice, once for each P&L
-- model, and as CODE@quoted if its score has a quoted twin; points, pairs and passive sellers appear once.
-- Grain: one row per strategy_code.
-- run_id is a digest of all that determines the numbers of the run: rules, instrument, signals, quotes.

{% set settings = [
    var("max_quote_age_days") ~ '/' ~ var("index_discount_rate_dec"),
    var("index_discount_curve") ~ '/' ~ var("sigma_stop_window_sessions"), var("max_unquoted_days")] | join %}

with

strategies as (

    select * from {{ ref('int_cdx_overlay__strategies_listed') }}

),

completed as (

    select
        -- The linter cannot walk through the list of rules.
        strategies.* exclude (is_enabled) replace ( -- noqa: PRS, RF03, LT02
            {% for rule in swept_columns('strategies') if rule.default is not none -%}
                coalesce(strategies.{{ rule.name }}, {{ rule.default }}) as {{ rule.name }}
                {{- ',' if not loop.last }}
            {% endfor %}
        )
    from strategies

),

resolved as (

    select
        completed.* replace (
            coalesce(completed.transaction_cost_bps, instruments.transaction_cost_bps)
                as transaction_cost_bps,
            -- Half of the half-spread in each of the two series: the cost of one leg in all.
            coalesce(
                completed.roll_cost_bps,
                instruments.roll_cost_bps,
                case when completed.cost_unit = 'spread_bps' then completed.transaction_cost_bps end,
                instruments.transaction_cost_bps,
                0
            ) as roll_cost_bps,
            coalesce(completed.dv01_usd_per_bp_per_mm, instruments.dv01_usd_per_bp_per_mm)
                as dv01_usd_per_bp_per_mm
        ),
        -- A cost in another unit is all that there is; legs have fees of their own.
        {% for cost in ['fee_usd_per_mm', 'impact_ratio', 'average_daily_volume_mm'] -%}
            case
                when completed.cost_unit = 'spread_bps' and completed.legs_json is null
                    then instruments.{{ cost }}
            end as {{ cost }},
        {% endfor -%}
        {% for cost in ['stressed_vix_pts', 'stressed_cost_ratio'] -%}
            case when completed.cost_unit = 'spread_bps' then instruments.{{ cost }} end as {{ cost }},
        {% endfor %}
        instruments.data_set,
        benchmarks.strategy_code as benchmark_code,
        completed.position_size_mm * completed.leg_count * 1e6
        * {{ var('capital_share_of_notional') }} as capital_usd
    from completed
    inner join {{ ref('instruments') }} as instruments
        on completed.instrument_code = instruments.instrument_code
    left join strategies as benchmarks
        on
            completed.instrument_code = benchmarks.instrument_code
            and benchmarks.is_benchmark
            and not completed.is_benchmark

),

-- The same rules measured with the other P&L model: the same trial, not a second one.
companions as (

    select
        resolved.* replace (
            resolved.strategy_code || '@' || other_models.pnl_model as strategy_code,
            other_models.pnl_model as pnl_model
        ),
        resolved.strategy_code as companion_of
    from resolved
    inner join (
        values ('repriced', 'constant_dv01'), ('constant_dv01', 'repriced')
    ) as other_models (chosen_pnl_model, pnl_model)
        on resolved.pnl_model = other_models.chosen_pnl_model
    where
        resolved.method = 'standard'
        and resolved.sweep_code is null
        and resolved.market_code = resolved.instrument_code
        and not resolved.is_benchmark

),

-- The same rules on scores that see the jumps of rolls.
quoted as (

    select
        resolved.* replace (
            resolved.strategy_code || '@quoted' as strategy_code,
            resolved.signal_code || '@quoted' as signal_code
        ),
        resolved.strategy_code as companion_of
    from resolved
    where
        resolved.sweep_code is null
        and resolved.market_code = resolved.instrument_code
        and resolved.signal_code in (
            select signals.twin_of from {{ ref('int_cdx_overlay__signals_listed') }} as signals
            union all
            select composites.twin_of
            from {{ ref('int_cdx_overlay__composites_listed') }} as composites
        )

),

measured as (

    select
        resolved.*,
        null::varchar as companion_of
    from resolved
    union all by name
    select * from companions
    union all by name
    select * from quoted

),

score_formulas as (

    select
        signals.signal_code as score_code,
        string_agg(to_json(signals)::varchar, '' order by signals.signal_code) as formula_json
    from {{ ref('int_cdx_overlay__signals_listed') }} as signals
    group by signals.signal_code
    union all
    select
        composites.composite_code as score_code,
        string_agg(
            to_json(composites)::varchar || to_json(signals)::varchar,  -- noqa: RF02
            '' order by composites.regime, composites.signal_code
        ) as formula_json
    from {{ ref('int_cdx_overlay__composites_listed') }} as composites
    inner join {{ ref('int_cdx_overlay__signals_listed') }} as signals
        on composites.signal_code = signals.signal_code
    group by composites.composite_code

),

final as (

    select
        md5(
            to_json(measured)::varchar  -- noqa: RF02
            || to_json(instruments)::varchar  -- noqa: RF02
            || coalesce(score_formulas.formula_json, '')
            || coalesce(digests.market_digest, '')
            || coalesce(digests.curve_digest, '')
            || '{{ settings }}'
        ) as run_id,
        score_formulas.formula_json as signal_json,
        to_json(instruments)::varchar  -- noqa: RF02
        || coalesce(measured.legs_json, '') || '{{ settings }}' as market_json,
        md5(coalesce(digests.market_digest, '') || coalesce(digests.curve_digest, ''))
            as data_fingerprint,
        measured.*
    from measured
    inner join {{ ref('instruments') }} as instruments
        on measured.instrument_code = instruments.instrument_code
    left join score_formulas on measured.signal_code = score_formulas.score_code
    left join {{ ref('int_cdx_overlay__markets_digested') }} as digests
        on measured.data_set = digests.data_set
    where score_formulas.score_code is not null or measured.is_benchmark

)

select * from final
