-- Strategies and points of sweeps with every rule spelled out: what the catalog leaves empty is the desk's
-- standard, and cost and DV01 come from the instrument. Every standard strategy of the catalog is
-- there twice, once per P&L model; points of sweeps are not.
-- Grain: one row per strategy_code.
-- run_id is a digest of all that determines the numbers of the run: rules, instrument, signals, quotes.

with

strategies as (

    select * from {{ ref('int_cdx_overlay__strategies_listed') }}

),

instruments as (

    select * from {{ ref('instruments') }}

),

resolved as (

    select
        strategies.strategy_code,
        strategies.sweep_code,
        strategies.sweep_of,
        strategies.definition,
        strategies.description,
        strategies.signal_code,
        strategies.instrument_code,
        instruments.data_set,
        instruments.quote_kind,
        strategies.sizing_mode,
        strategies.position_size_mm,
        strategies.position_cap_mm,
        strategies.entry_threshold,
        strategies.exit_threshold,
        coalesce(strategies.entry_comparison, 'at_or_above') as entry_comparison,
        coalesce(strategies.exit_basis, 'signed') as exit_basis,
        coalesce(strategies.opposite_signal_policy, 'reverse_if_entry') as opposite_signal_policy,
        coalesce(strategies.stop_basis, 'pct_notional') as stop_basis,
        strategies.stop_loss_pct,
        strategies.take_profit_pct,
        strategies.stop_loss_bps,
        strategies.take_profit_bps,
        strategies.stop_loss_sigma,
        strategies.take_profit_sigma,
        coalesce(strategies.stop_timing, 'next_close') as stop_timing,
        strategies.max_holding_sessions,
        coalesce(strategies.cooldown_release, 'signal_crosses_zero') as cooldown_release,
        strategies.cooldown_sessions,
        coalesce(strategies.missing_signal_policy, 'hold') as missing_signal_policy,
        coalesce(strategies.infinite_signal_policy, 'missing') as infinite_signal_policy,
        coalesce(strategies.signal_lag_sessions, 1) as signal_lag_sessions,
        coalesce(strategies.lag_basis, 'instrument_sessions') as lag_basis,
        coalesce(strategies.transaction_cost_bps, instruments.transaction_cost_bps)
            as transaction_cost_bps,
        strategies.transaction_cost_pct,
        -- Half of bid-ask in either series, times one half: one leg in all.
        coalesce(
            strategies.roll_cost_bps,
            instruments.roll_cost_bps,
            case
                when coalesce(strategies.cost_unit, 'spread_bps') = 'spread_bps'
                    then strategies.transaction_cost_bps
            end,
            instruments.transaction_cost_bps,
            0
        ) as roll_cost_bps,
        coalesce(strategies.cost_unit, 'spread_bps') as cost_unit,
        coalesce(strategies.reversal_pnl_owner, 'closed_position') as reversal_pnl_owner,
        coalesce(strategies.rebalance_band_share, 0) as rebalance_band_share,
        coalesce(strategies.dv01_usd_per_bp_per_mm, instruments.dv01_usd_per_bp_per_mm)
            as dv01_usd_per_bp_per_mm,
        coalesce(strategies.pnl_model, 'repriced') as pnl_model,
        strategies.position_size_mm * 1e6 * {{ var('capital_share_of_notional') }} as capital_usd
    from strategies
    inner join instruments on strategies.instrument_code = instruments.instrument_code

),

-- The same rules measured with the other P&L model: the same trial, and not one more.
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
    where resolved.definition = 'standard' and resolved.sweep_code is null

),

measured as (

    select
        resolved.*,
        null::varchar as companion_of
    from resolved
    union all by name
    select * from companions

),

score_definitions as (

    select
        signals.signal_code as score_code,
        string_agg(to_json(signals)::varchar, '' order by signals.signal_code) as definition_json
    from {{ ref('signals') }} as signals
    group by signals.signal_code
    union all
    select
        composites.composite_code as score_code,
        string_agg(
            to_json(composites)::varchar || to_json(signals)::varchar,  -- noqa: RF02
            '' order by composites.signal_code
        ) as definition_json
    from {{ ref('composites') }} as composites
    inner join {{ ref('signals') }} as signals on composites.signal_code = signals.signal_code
    group by composites.composite_code

),

-- What was accepted, whatever the order of its rows and the format of its files.
market_rows as (

    select
        quotes.data_set,
        concat_ws(
            '|', 'cdx', quotes.instrument_code, quotes.quote_date, quotes.series_number,
            quotes.spread_bps, quotes.price_pct_par
        ) as row_text
    from {{ ref('int_cdx_overlay__index_quotes_screened') }} as quotes
    where quotes.reject_reason is null
    union all
    select
        quotes.data_set,
        concat_ws('|', 'vix', quotes.quote_date, quotes.vix_close_pts) as row_text
    from {{ ref('int_cdx_overlay__volatility_quotes_screened') }} as quotes
    where quotes.reject_reason is null
    union all
    select
        quotes.data_set,
        concat_ws(
            '|', 'etf', quotes.etf_ticker, quotes.quote_date, quotes.etf_close_usd,
            coalesce(quotes.etf_spread_bps::varchar, 'null')
        ) as row_text
    from {{ ref('int_cdx_overlay__etf_quotes_screened') }} as quotes
    where quotes.reject_reason is null

),

market_digests as (

    select
        market_rows.data_set,
        count(*) || '|' || bit_xor(md5_number_lower(market_rows.row_text))
        || '|' || bit_xor(md5_number_upper(market_rows.row_text)) as digest
    from market_rows
    group by market_rows.data_set

),

curve_digests as (

    select
        files.data_set,
        string_agg(files.sha256, '' order by files.file_name)
        || '{{ as_of_date() }}/{{ var("restated_values") }}' as digest
    from {{ ref('stg_build__input_files') }} as files
    where
        files.table_name = 'fed_yield_curve'
        and '{{ var("index_discount_curve") }}' = 'fed'
    group by files.data_set

),

final as (

    select
        md5(
            to_json(measured)::varchar  -- noqa: RF02
            || to_json(instruments)::varchar  -- noqa: RF02
            || score_definitions.definition_json
            || coalesce(market_digests.digest, '')
            || coalesce(curve_digests.digest, '')
            || '{{ var("max_quote_age_days") }}/{{ var("index_discount_rate_dec") }}'
            || '{{ var("index_discount_curve") }}'
        ) as run_id,
        measured.*
    from measured
    inner join instruments on measured.instrument_code = instruments.instrument_code
    inner join score_definitions on measured.signal_code = score_definitions.score_code
    left join market_digests on measured.data_set = market_digests.data_set
    left join curve_digests on measured.data_set = curve_digests.data_set

)

select * from final
