-- Everything needed to price an index contract, session by session, with the worked example of a roll.
-- Grain: one row per instrument_code and session_date.
-- Tie-break: the nearest tenor of the index quoted on the session gives the slope, of the same series if
-- there is one; of two equally near, the shorter one, then the first by code.
-- Drops: nothing; without another tenor the roll-down is null and part of the spread's change.
-- Before the first Fed curve, and without one, the flat rate holds.

with

instruments as (

    select * from {{ ref('instruments') }}

),

markets as (

    select * from {{ ref('int_cdx_overlay__series_followed') }}

),

discount_rates as (

    {{ index_discount_rates() }}

),

sloped as (

    select
        markets.*,
        (others.spread_bps - markets.spread_bps)
        / (other_instruments.tenor_months_count - instruments.tenor_months_count) as slope_bps_per_month
    from markets
    inner join instruments on markets.instrument_code = instruments.instrument_code
    left join instruments as other_instruments
        on
            instruments.data_set = other_instruments.data_set
            and instruments.index_code = other_instruments.index_code
            and instruments.tenor_months_count <> other_instruments.tenor_months_count
    left join markets as others
        on
            other_instruments.instrument_code = others.instrument_code
            and markets.session_date = others.session_date
    qualify
        row_number() over (
            partition by markets.instrument_code, markets.session_date
            order by
                others.spread_bps is null,
                others.series_number is distinct from markets.series_number,
                abs(other_instruments.tenor_months_count - instruments.tenor_months_count),
                other_instruments.tenor_months_count,
                other_instruments.instrument_code
        ) = 1

),

quotes as (

    select
        sloped.*,
        -- The slope known when the position was held into the session, over the time that passed.
        -lag(sloped.slope_bps_per_month) over sessions_in_order
        * date_diff('day', lag(sloped.session_date) over sessions_in_order, sloped.session_date)
        / {{ var('days_per_month') }} as roll_down_bps
    from sloped
    window
        sessions_in_order as (
            partition by sloped.instrument_code order by sloped.session_date
        )

),

priced as (

    select
        quotes.instrument_code,
        quotes.session_date,
        quotes.series_number,
        quotes.spread_bps,
        quotes.old_series_spread_bps,
        quotes.roll_down_bps,
        instruments.coupon_bps,
        instruments.recovery_share,
        quotes.maturity_date,
        quotes.index_factor_share,
        quotes.index_version_number,
        quotes.defaulted_share,
        quotes.auction_recovery_share,
        quotes.default_days,
        coalesce(discount_rates.discount_rate_dec, {{ var('index_discount_rate_dec') }})
            as discount_rate_dec,
        -- Before the first curve nothing says what cash costs.
        if(
            '{{ var("index_discount_curve") }}' = 'flat', {{ var('index_discount_rate_dec') }},
            discount_rates.discount_rate_dec
        ) as financing_rate_dec
    from quotes
    inner join instruments on quotes.instrument_code = instruments.instrument_code
    asof left join discount_rates on quotes.session_date >= discount_rates.curve_date

),

example as (

    select
        'roll_example' as instrument_code,
        example.session_date,
        if(example.new_series_spread_bps is null, 43, 44) as series_number,
        coalesce(example.new_series_spread_bps, example.old_series_spread_bps) as spread_bps,
        example.old_series_spread_bps,
        null::double as roll_down_bps,
        100.0 as coupon_bps,
        0.4 as recovery_share,
        if(example.new_series_spread_bps is null, date '2029-12-20', date '2030-06-20') as maturity_date,
        1.0 as index_factor_share,
        1 as index_version_number,
        0.0 as defaulted_share,
        null::double as auction_recovery_share,
        null::double as default_days,
        0.043 as discount_rate_dec,
        0.043 as financing_rate_dec
    from {{ ref('roll_example_quotes') }} as example

),

final as (

    select * from priced
    union all
    select * from example

)

select * from final
