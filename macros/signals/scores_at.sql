{% macro scores_at(probes) -%}
    {#- A query: the score that a next session at each level of `probes` would have, by the CTE `prepared`. -#}
    {%- set deviation = appended_deviation('value', 'indicators.value_gap') -%}
    select
        blended.score_code,
        blended.market_code,
        blended.level_bps,
        case
            when blended.rescale_window_sessions is null then blended.raw_z
            when blended.raw_count + 1 >= blended.raw_min
                then
                    {{ appended_gap('blended.raw', 'blended.raw_z') }}
                    / {{ appended_deviation('blended.raw', 'blended.raw_z') }}
        end as score
    from (
    select
        signals.score_code,
        signals.market_code,
        signals.level_bps,
        signals.rescale_window_sessions,
        signals.raw_count,
        signals.raw_sum,
        signals.raw_square,
        signals.raw_min,
        case
            when count(signals.signal_z) = count(*) or signals.missing_policy = 'reweight'
                then
                    {{ exact_sum('signals.weight_ratio * signals.signal_z', 'dec') }}
                    * {{ exact_sum('signals.weight_ratio', 'dec') }}
                    / nullif({{ exact_sum('signals.weight_ratio', 'dec', where='signals.signal_z is not null') }}, 0)
        end as raw_z
    from (
        select
            scored.*,
            scored.regime_ratio * {{ shaped_signal(
                'scored.score_z', 'scored.scaling_ratio', 'scored.floor_z', 'scored.cap_z',
                'scored.neutral_low_z', 'scored.neutral_high_z', 'scored.raw_sign', 'scored.strength'
            ) }} as signal_z
        from (
            select
                indicators.*,
                case indicators.score
                    when 'none' then indicators.indicator_value
                    when 'z_score'
                        then {{ appended_gap('value', 'indicators.value_gap') }} / {{ deviation }}
                    when 'divided_by_deviation' then indicators.indicator_value / {{ deviation }}
                    when 'normalized_change' then indicators.moved_value / {{ deviation }}
                    when 'change_over_volatility'
                        then
                            indicators.moved_value / {{ appended_deviation('change', 'indicators.change_value') }}
                            / sqrt(indicators.score_lag_sessions)
                    when 'difference' then indicators.moved_value
                    when 'percent_change' then indicators.moved_value / nullif(indicators.earlier_value, 0)
                    when 'log_return'
                        then
                            case
                                when indicators.indicator_value > 0 and indicators.earlier_value > 0
                                    then ln(indicators.indicator_value / indicators.earlier_value)
                            end
                end as score_z
            from (
                select
                    valued.*,
                    valued.indicator_value - valued.value_anchor as value_gap,
                    valued.indicator_value - valued.last_value as change_value,
                    valued.indicator_value - valued.earlier_value as moved_value
                from (
                    select
                        levels.*,
                        case levels.indicator
                            when 'cdx_spread' then levels.used_bps
                            when 'cdx_minus_etf_spread' then levels.used_bps - levels.etf_spread_bps
                            when 'cdx_minus_etf_price' then levels.used_bps - levels.etf_close_usd
                            when 'spread_change' then levels.used_bps - levels.lookback_bps
                            when 'deviation_gap'
                                then {{ appended_gap('level', 'levels.level_gap') }} - {{ appended_gap('vix', '0') }}
                            when 'z_score_difference'
                                then
                                    {{ appended_gap('level', 'levels.level_gap') }}
                                    / {{ appended_deviation('level', 'levels.level_gap') }}
                                    - {{ appended_gap('vix', '0') }} / {{ appended_deviation('vix', '0') }}
                        end as indicator_value
                    from (
                        select
                            prepared.*,
                            probes.level_bps,
                            probes.level_bps - prepared.roll_offset_bps as used_bps,
                            probes.level_bps - prepared.roll_offset_bps - prepared.level_anchor as level_gap
                        from (select distinct score_code, market_code, level_bps from {{ probes }}) as probes
                        inner join prepared
                            on probes.score_code = prepared.score_code and probes.market_code = prepared.market_code
                    ) as levels
                ) as valued
            ) as indicators
        ) as scored
    ) as signals
    group by
        signals.score_code, signals.market_code, signals.level_bps, signals.missing_policy,
        signals.rescale_window_sessions, signals.raw_min, signals.raw_count, signals.raw_sum,
        signals.raw_square
    ) as blended
{%- endmacro %}
