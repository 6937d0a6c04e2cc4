-- Return on protection sold from one quote day of a contract to the next.
-- Grain: one row per red_code, tenor_code and quote_date.
-- Sign: positive = the seller of protection gains.
-- Formula: S0 days / 360 - (S1 - S0) RD0; days are those of the gap, RD0 runs to the contract's maturity at
-- its own hazard.
-- A clause is a contract of its own; of a month the returns of its preferred clause are kept.
-- Drops: the first day of a contract, which has no return, and days of other clauses.

with

durations as (

    select * from {{ ref('int_cds_bond__cds_durations_computed') }}

),

paired as (

    select
        durations.red_code,
        durations.ticker,
        durations.tenor_code,
        durations.quote_date,
        durations.month_end_date,
        durations.quintile_number,
        durations.par_spread_dec,
        durations.is_preferred_clause,
        durations.is_clause_changed,
        lag(durations.quote_date) over series as earlier_quote_date,
        lag(durations.par_spread_dec) over series as earlier_par_spread_dec,
        lag(durations.risky_duration_years) over series as earlier_risky_duration_years
    from durations
    window
        series as (
            partition by durations.red_code, durations.tenor_code, durations.clause_family
            order by durations.quote_date
        )

),

final as (

    select
        paired.red_code,
        paired.ticker,
        paired.tenor_code,
        paired.quote_date,
        paired.month_end_date,
        paired.quintile_number,
        paired.is_clause_changed,
        date_diff('day', paired.earlier_quote_date, paired.quote_date) as gap_days,
        paired.earlier_par_spread_dec
        * date_diff('day', paired.earlier_quote_date, paired.quote_date)
        / 360.0::double as carry_return_dec,
        -(paired.par_spread_dec - paired.earlier_par_spread_dec)
        * paired.earlier_risky_duration_years as spread_return_dec
    from paired
    where paired.is_preferred_clause and paired.earlier_quote_date is not null

)

select * from final
