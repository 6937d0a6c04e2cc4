-- Sessions on which a portfolio or a strategy was beyond one of its limits.
-- Grain: one row per limit_code and date.
-- Exposures are those after the session; losses count as positive.

with

measured as (

    select
        days.date,
        days.book_code,
        days.book_kind,
        limits.limit_code,
        limits.limit_kind,
        case limits.limit_kind
            when 'gross_notional' then days.gross_notional_mm
            when 'net_notional' then abs(days.net_notional_mm)
            when 'dv01' then abs(days.dv01_usd_per_bp)
            when 'jump_to_default' then -days.jump_to_default_usd
            when 'drawdown' then -days.drawdown_usd
            when 'leverage' then days.leverage_ratio
            when 'daily_loss' then -days.net_pnl_usd
            when 'concentration' then days.largest_instrument_share
        end as measured_value,
        limits.bound_value,
        case limits.limit_kind
            when 'dv01' then 'dollars per basis point'
            when 'leverage' then 'multiple of capital'
            when 'concentration' then 'share of net notional'
            when 'gross_notional' then 'millions of dollars'
            when 'net_notional' then 'millions of dollars'
            else 'dollars'
        end as value_unit
    from {{ ref('limits') }} as limits
    inner join {{ ref('fct_portfolio_days') }} as days on limits.book_code = days.book_code
    where limits.is_enabled

),

final as (

    select
        measured.date,
        measured.book_code,
        measured.book_kind,
        measured.limit_code,
        measured.limit_kind,
        measured.measured_value,
        measured.bound_value,
        measured.value_unit
    from measured
    where measured.measured_value > measured.bound_value

)

select * from final
