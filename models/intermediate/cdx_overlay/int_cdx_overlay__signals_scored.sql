-- Score of every signal: the indicator normalised by its own past, shaped into a trading signal and signed.
-- Grain: one row per signal_code, instrument_code and session_date.
-- Sign: positive = long credit risk = protection sold.
-- Windows: sessions of the instrument, current one included; nothing later is read.
-- Drops: nothing; a missing score is null and its status says why.

with

signals as (

    select * from {{ ref('int_cdx_overlay__signals_listed') }}

),

regimes as (

    select
        markets.instrument_code,
        markets.session_date,
        markets.vix_regime
    from {{ ref('int_cdx_overlay__levels_adjusted') }} as markets
    union all
    select
        pairs.market_code as instrument_code,
        pairs.session_date,
        pairs.vix_regime
    from {{ ref('int_cdx_overlay__pairs_priced') }} as pairs

),

indicators as (

    select
        indicators.*,
        signals.score_lag_sessions,
        signals.score_window_sessions,
        lag(indicators.indicator_value, coalesce(signals.score_lag_sessions, 1)::integer)
            over sessions_in_order as earlier_value,
        indicators.indicator_value - lag(indicators.indicator_value) over sessions_in_order
            as change_value,
        first_value(indicators.indicator_value ignore nulls) over history as anchor_value
    from {{ ref('int_cdx_overlay__indicators_computed') }} as indicators
    inner join signals on indicators.signal_code = signals.signal_code
    window
        sessions_in_order as (
            partition by indicators.signal_code, indicators.instrument_code
            order by indicators.session_date
        ),
        history as (
            partition by indicators.signal_code, indicators.instrument_code
            order by indicators.session_date
            rows between unbounded preceding and current row
        )

),

measured as (

    select
        indicators.*,
        signals.score,
        signals.scaling_ratio,
        signals.floor_z,
        signals.cap_z,
        signals.neutral_low_z,
        signals.neutral_high_z,
        signals.strength,
        signals.regime,
        signals.raw_sign,
        {{ rolling_mean(
            'indicators.indicator_value', 'indicators.anchor_value', 'last_sessions',
            'signals.score_min_sessions'
        ) }} as mean_value,
        {{ rolling_deviation(
            'indicators.indicator_value', 'indicators.anchor_value', 'last_sessions',
            'signals.score_min_sessions'
        ) }} as deviation_value,
        {{ rolling_deviation(
            'indicators.change_value', '0.0', 'last_sessions', 'signals.score_min_sessions'
        ) }} as deviation_change,
        count(indicators.indicator_value) over last_sessions as window_value_count
    from indicators
    inner join signals on indicators.signal_code = signals.signal_code
    window
        last_sessions as (
            partition by indicators.signal_code, indicators.instrument_code
            order by indicators.session_date
            {{ sessions_back('indicators.score_window_sessions') }}
        )

),

scored as (

    select
        measured.*,
        case measured.score
            when 'none' then measured.indicator_value
            when 'z_score'
                then (measured.indicator_value - measured.mean_value) / measured.deviation_value
            when 'divided_by_deviation' then measured.indicator_value / measured.deviation_value
            when 'normalized_change'
                then (measured.indicator_value - measured.earlier_value) / measured.deviation_value
            -- A change over k sessions has sqrt(k) times the deviation of a daily one.
            when 'change_over_volatility'
                then
                    (measured.indicator_value - measured.earlier_value)
                    / (measured.deviation_change * sqrt(measured.score_lag_sessions))
            when 'difference' then measured.indicator_value - measured.earlier_value
            when 'percent_change'
                then measured.indicator_value / nullif(measured.earlier_value, 0) - 1
            when 'log_return'
                then
                    case
                        when measured.indicator_value > 0 and measured.earlier_value > 0
                            then ln(measured.indicator_value / measured.earlier_value)
                    end
        end as score_z
    from measured

),

final as (

    select
        scored.signal_code,
        scored.instrument_code,
        scored.session_date,
        scored.indicator_value,
        scored.score_z,
        {{ shaped_signal(
            'scored.score_z', 'scored.scaling_ratio', 'scored.floor_z', 'scored.cap_z',
            'scored.neutral_low_z', 'scored.neutral_high_z', 'scored.raw_sign', 'scored.strength'
        ) }}
        * case scored.regime
            when 'any' then 1
            when 'calm' then (coalesce(markets.vix_regime, 'unknown') = 'calm')::integer
            when 'stressed' then (coalesce(markets.vix_regime, 'unknown') = 'stressed')::integer
            when 'not_stressed'
                then (coalesce(markets.vix_regime, 'unknown') in ('calm', 'middling'))::integer
        end as signal_z,
        case
            when scored.score_z is not null then 'ok'
            when scored.indicator_value is null then 'indicator_missing'
            when
                scored.score in ('z_score', 'divided_by_deviation', 'normalized_change')
                and scored.deviation_value is null
                and scored.window_value_count >= scored.score_window_sessions
                then 'constant_window'
            else 'warming_up'
        end as score_status
    from scored
    left join regimes as markets
        on
            scored.instrument_code = markets.instrument_code
            and scored.session_date = markets.session_date

)

select * from final
