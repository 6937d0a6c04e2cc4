-- Monthly return on protection sold, by entity and tenor: linear in the spread, and by exact repricing.
-- Grain: one row per method, entity_code, tenor_code and month_end_date.
-- Sign: positive = the seller of protection gains; ftsfr_cds_returns mixes both sides and is nobody's gain.
-- Formula: product of (1 + daily return) over the month, less 1; a day belongs to the month in which it
-- ends. Exact: change of the clean upfront of one contract held over the month, plus its coupon.
-- Quintile of a default month without a quote: that of the entity's last month with one.

with

months as (

    select
        red_code,
        max(ticker) as ticker,
        tenor_code,
        month_end_date,
        quintile_number,
        count(*) as day_count,
        max(gap_days) as longest_gap_days,
        case
            when bool_or(is_clause_changed) then 'clause_changed'
            when max(gap_days) > {{ var('max_quote_gap_days') }} then 'quote_gap'
            when count(spread_return_dec) < count(*) then 'no_curve'
            else 'ok'
        end as return_status,
        {{ compounded_return('(carry_return_dec + spread_return_dec)') }} as return_dec,
        {{ exact_sum('carry_return_dec', 'dec') }} as carry_return_dec,
        {{ exact_sum('spread_return_dec', 'dec') }} as spread_return_dec
    from {{ ref('int_cds_bond__cds_day_returns_computed') }}
    group by red_code, tenor_code, month_end_date, quintile_number

),

repriced as (

    select * from {{ ref('int_cds_bond__cds_months_repriced') }}

),

-- A default is in the sample where the contract was before.
defaults as (

    select
        repriced.*,
        earlier.quintile_number
    from repriced
    asof inner join months as earlier
        on
            repriced.red_code = earlier.red_code
            and repriced.tenor_code = earlier.tenor_code
            and repriced.month_end_date >= earlier.month_end_date
    where repriced.default_source is not null

),

final as (

    select
        'standard' as method,
        coalesce(months.red_code, defaults.red_code) as entity_code,
        coalesce(months.ticker, defaults.ticker) as ticker,
        coalesce(months.tenor_code, defaults.tenor_code) as tenor_code,
        coalesce(months.month_end_date, defaults.month_end_date) as month_end_date,
        coalesce(months.quintile_number, defaults.quintile_number) as quintile_number,
        coalesce(months.day_count, 0) as day_count,
        months.longest_gap_days,
        if(months.return_status = 'ok', months.return_dec, null) as return_dec,
        if(months.return_status = 'ok', months.carry_return_dec, null) as carry_return_dec,
        if(months.return_status = 'ok', months.spread_return_dec, null) as spread_return_dec,
        coalesce(months.return_status, 'no_quote') as return_status,
        repriced.start_date,
        repriced.end_date,
        repriced.contract_maturity_date,
        repriced.exact_return_dec,
        repriced.exact_coupon_return_dec,
        repriced.exact_roll_return_dec,
        repriced.exact_spread_return_dec,
        repriced.exact_default_return_dec,
        repriced.exact_par_return_dec,
        repriced.priced_on,
        repriced.default_source,
        coalesce(repriced.exact_status, 'not_repriced') as exact_status
    from months
    full outer join defaults
        on
            months.red_code = defaults.red_code
            and months.tenor_code = defaults.tenor_code
            and months.month_end_date = defaults.month_end_date
    left join repriced
        on
            coalesce(months.red_code, defaults.red_code) = repriced.red_code
            and coalesce(months.tenor_code, defaults.tenor_code) = repriced.tenor_code
            and coalesce(months.month_end_date, defaults.month_end_date) = repriced.month_end_date
    {{ stack_replicas('cds_returns') }}

)

select * from final
