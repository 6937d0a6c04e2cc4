-- Return of each CDS series from one quote day to the next, as the published code computes it.
-- Grain: one row per series_kind, series_code, tenor_code and quote_date.
-- Sign: the carry of the seller of protection and the spread gain of the buyer, so nobody's gain.
-- Formula: S0 / 250 + (S1 - S0) RD0.
-- Drops: the first day of a series, which has no return.

with

-- A portfolio takes a missing duration from the next day that has one, else from the last such day before.
joined as (

    select * from {{ ref('int_ftsfr_cds_returns__durations_computed') }}
    where series_kind = 'contract'
    union all
    select
        series_days.* replace (
            coalesce(
                first_value(series_days.risky_duration_years ignore nulls) over later_days,
                last_value(series_days.risky_duration_years ignore nulls) over earlier_days
            ) as risky_duration_years
        )
    from {{ ref('int_ftsfr_cds_returns__durations_computed') }} as series_days
    where series_days.series_kind = 'portfolio'
    window
        later_days as (
            partition by series_days.series_code, series_days.tenor_code
            order by series_days.quote_date
            rows between current row and unbounded following
        ),
        earlier_days as (
            partition by series_days.series_code, series_days.tenor_code
            order by series_days.quote_date
            rows between unbounded preceding and current row
        )

),

paired as (

    select
        joined.*,
        lag(joined.quote_date) over series as earlier_quote_date,
        lag(joined.par_spread_dec) over series as earlier_par_spread_dec,
        lag(joined.risky_duration_years) over series as earlier_risky_duration_years
    from joined
    window
        series as (
            partition by joined.series_kind, joined.series_code, joined.tenor_code
            order by joined.quote_date
        )

),

final as (

    select
        paired.series_kind,
        paired.series_code,
        paired.tenor_code,
        paired.quote_date,
        last_day(paired.quote_date) as month_end_date,
        paired.quintile_number,
        date_diff('day', paired.earlier_quote_date, paired.quote_date) as gap_days,
        paired.earlier_par_spread_dec / 250
        + (paired.par_spread_dec - paired.earlier_par_spread_dec)
        * paired.earlier_risky_duration_years as return_dec
    from paired
    where paired.earlier_quote_date is not null

)

select * from final
