-- Do implied risk-free rates move together? Between rating groups and between measures, over months.
-- Grain: one row per method, first_rating_group, first_measure, second_rating_group and second_measure.
-- Formulas: Pearson correlation of the monthly means, and of their changes from one month end to the next.
-- Each pair stands once, the first series before the second in alphabetical order.
-- Source: riskless rates that move apart mean segmented arbitrage (Siriwardane, Sunderam and Wallen).

with

series as (

    select
        method,
        rating_group,
        measure,
        month_end_date,
        mean_implied_rf_dec,
        if(
            lag(month_end_date) over series_by_month = last_day(month_end_date - interval 1 month),
            mean_implied_rf_dec - lag(mean_implied_rf_dec) over series_by_month,
            null
        ) as change_dec
    from {{ ref('fct_rating_basis') }}
    where mean_implied_rf_dec is not null
    window series_by_month as (partition by method, rating_group, measure order by month_end_date)

),

correlated as (

    -- A pair has one value a month: few enough to sort.
    select
        one.method,
        one.rating_group as first_rating_group,
        one.measure as first_measure,
        other.rating_group as second_rating_group,
        other.measure as second_measure,
        count(*) as month_count,
        corr(
            one.mean_implied_rf_dec, other.mean_implied_rf_dec order by one.month_end_date
        ) as level_correlation_ratio,
        regr_count(one.change_dec, other.change_dec)::bigint as change_count,
        corr(one.change_dec, other.change_dec order by one.month_end_date) as change_correlation_ratio
    from series as one
    inner join series as other
        on
            one.method = other.method
            and one.month_end_date = other.month_end_date
            and (one.rating_group, one.measure) < (other.rating_group, other.measure)
    group by one.method, one.rating_group, one.measure, other.rating_group, other.measure

),

final as (

    select
        correlated.* replace (
            -- Two points always lie on a line; a series that never moves has NaN; one beside itself may
            -- leave [-1, 1] by rounding.
            case
                when correlated.month_count >= 3 and isfinite(correlated.level_correlation_ratio)
                    then least(greatest(correlated.level_correlation_ratio, -1), 1)
            end as level_correlation_ratio,
            case
                when correlated.change_count >= 3 and isfinite(correlated.change_correlation_ratio)
                    then least(greatest(correlated.change_correlation_ratio, -1), 1)
            end as change_correlation_ratio
        ),
        case
            when correlated.month_count < 3 then 'too_few_months'
            when not isfinite(correlated.level_correlation_ratio) then 'constant_series'
            else 'ok'
        end as correlation_status
    from correlated

)

select * from final
