-- Series of the indices of the catalog: when each is on the run, when it matures, what of it is delivered.
-- Grain: one row per index_code, series_number and tenor_code.
-- Series that the rule lets start after the last quote of their index are left out, unless quoted.

with

tenors as (

    select distinct
        instruments.index_code,
        instruments.tenor_code,
        instruments.tenor_months_count
    from {{ ref('instruments') }} as instruments
    where instruments.data_set = 'desk'

),

quoted as (

    select
        quotes.index_code,
        quotes.tenor_code,
        quotes.series_number,
        min(quotes.quote_date) as first_quote_date,
        max(quotes.quote_date) as last_quote_date,
        min(quotes.quote_date) filter (where quotes.is_on_the_run) as first_label_date,
        count(*) as quote_count
    from {{ ref('int_cdx_overlay__series_dated') }} as quotes
    where quotes.data_set = 'desk'
    group by quotes.index_code, quotes.tenor_code, quotes.series_number

),

ends as (

    select
        quoted.index_code,
        min(quoted.first_quote_date) as first_quote_date,
        max(quoted.last_quote_date) as last_quote_date
    from quoted
    group by quoted.index_code

),

final as (

    select
        series.index_code,
        series.series_number,
        tenors.tenor_code,
        (series.tenor_starts_date + to_months(tenors.tenor_months_count))::date as maturity_date,
        series.rule_roll_date,
        series.first_on_the_run_date,
        quoted.first_quote_date,
        quoted.last_quote_date,
        coalesce(quoted.quote_count, 0) as quote_count,
        case
            when quoted.first_quote_date is null then 'not_quoted'
            when quoted.first_quote_date < series.first_on_the_run_date then 'label_ahead'
            when quoted.first_label_date is null then 'off_the_run'
            when
                quoted.first_label_date - series.first_on_the_run_date > {{ var('max_unquoted_days') }}
                and ends.first_quote_date <= series.first_on_the_run_date
                then 'label_behind'
            else 'ok'
        end as label_status
    from {{ ref('int_cdx_overlay__index_series_dated') }} as series
    inner join tenors on series.index_code = tenors.index_code
    left join quoted
        on
            series.index_code = quoted.index_code
            and series.series_number = quoted.series_number
            and tenors.tenor_code = quoted.tenor_code
    left join ends on series.index_code = ends.index_code
    where
        quoted.first_quote_date is not null
        or series.first_on_the_run_date <= ends.last_quote_date

)

select * from final
