-- When every series of an index starts, and the date that its tenors are added to.
-- Grain: one row per index_code and series_number.
-- The number of a series fixes its dates, whenever and however a vendor labels it.

with

rules as (

    select
        index_rules.index_code,
        index_rules.first_roll_month,
        index_rules.roll_day_of_month,
        -- Two series a year: enough for this century.
        unnest(range(1, 190)) as series_number
    from {{ ref('index_rules') }} as index_rules

),

rolls as (

    select
        rules.index_code,
        rules.series_number::integer as series_number,
        (rules.first_roll_month + to_months(6 * (rules.series_number - 1)::integer))::date as roll_month,
        roll_month + (rules.roll_day_of_month - 1) as roll_day
    from rules

),

final as (

    select
        rolls.index_code,
        rolls.series_number,
        -- A roll that falls on a weekend takes place on the Monday.
        rolls.roll_day + case isodow(rolls.roll_day) when 6 then 2 when 7 then 1 else 0 end
            as rule_roll_date,
        coalesce(overrides.first_on_the_run_date, rule_roll_date) as first_on_the_run_date,
        coalesce(
            overrides.tenor_starts_date, (rolls.roll_month + to_months(3))::date + 19
        ) as tenor_starts_date
    from rolls
    left join {{ ref('index_series_overrides') }} as overrides
        on
            rolls.index_code = overrides.index_code
            and rolls.series_number = overrides.series_number

)

select * from final
