-- The signals of every score that a strategy trades, with their weights and the market as it stands.
-- Grain: one row per score_code, market_code and signal_code.
-- A composite has the weights of the regime that stands, or those of any.
-- Drops: scores that only replicas' own data sets, points of sweeps or companions trade.

with

markets as (

    select
        levels.* exclude (levels.instrument_code),
        levels.instrument_code as market_code
    from {{ ref('int_cdx_overlay__levels_adjusted') }} as levels
    union all by name
    select pairs.* from {{ ref('int_cdx_overlay__pairs_priced') }} as pairs

),

last_markets as (

    select * from markets
    qualify row_number() over (partition by market_code order by session_date desc) = 1

),

traded as (

    select distinct
        holdings.signal_code as score_code,
        holdings.score_market_code as market_code
    from {{ ref('int_cdx_overlay__holdings_decided') }} as holdings

),

final as (

    select
        traded.score_code,
        traded.market_code,
        coalesce(composites.signal_code, traded.score_code) as signal_code,
        coalesce(composites.weight_ratio, 1) as weight_ratio,
        coalesce(composites.missing_policy, 'all_required') as missing_policy,
        composites.rescale_window_sessions,
        composites.rescale_min_sessions,
        last_markets.session_date,
        last_markets.spread_bps,
        last_markets.roll_adjusted_spread_bps,
        last_markets.vix_close_pts,
        last_markets.etf_spread_bps,
        last_markets.etf_close_usd,
        last_markets.vix_regime
    from traded
    inner join last_markets on traded.market_code = last_markets.market_code
    left join {{ ref('int_cdx_overlay__composites_listed') }} as composites
        on traded.score_code = composites.composite_code
    qualify
        composites.regime is null
        or composites.regime = if(
            bool_or(composites.regime = last_markets.vix_regime) over (
                partition by traded.score_code, traded.market_code
            ),
            last_markets.vix_regime, 'any'
        )

)

select * from final
